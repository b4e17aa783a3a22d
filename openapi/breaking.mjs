// Fails if anything in the document breaks the clients of the last release, and lists what does.
// released.json is the document of the last release; until the first one, there is none.
//
//   node breaking.mjs                     # released.json against openapi.json
//   node breaking.mjs before.json after.json

import { existsSync, readFileSync } from "node:fs";
import { apiDiff, breaking } from "api-smart-diff";

const here = (name) => new URL(name, import.meta.url);
const read = (file) => JSON.parse(readFileSync(file, "utf8"));

/** Every change that breaks clients: its path in the document, and its kind. */
function broken(before, after) {
  return apiDiff(before, after)
    .filter((change) => change.type === breaking)
    .map((change) => `/${change.path.join("/")}: ${change.action}`);
}

const [before = here("released.json"), after = here("openapi.json")] = process.argv.slice(2);

// A known breaking change checks the judge itself first.
const now = read(here("openapi.json"));
const without = structuredClone(now);
delete without.paths["/me"];
if (broken(now, without).length === 0) throw new Error("a removed path was not found");
if (broken(now, now).length > 0) throw new Error("an unchanged document was found to be breaking");

if (existsSync(before)) {
  const found = broken(read(before), read(after));
  found.forEach((it) => console.error(it));
  if (found.length > 0) process.exit(1);
  console.log("Nothing in the document breaks the clients of the last release.");
} else {
  console.log("Nothing is released yet: there are no clients to break.");
}
