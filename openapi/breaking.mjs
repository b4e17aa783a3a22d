// Tells what would break the clients of the last released document, which is kept in
// released.json, and fails if anything would. Until the first release there is none to be held to.
//
//   node breaking.mjs                     # released.json against openapi.json
//   node breaking.mjs before.json after.json

import { existsSync, readFileSync } from "node:fs";
import { apiDiff, breaking } from "api-smart-diff";

const here = (name) => new URL(name, import.meta.url);
const read = (file) => JSON.parse(readFileSync(file, "utf8"));

/** Every change that breaks clients: where it is, and what it was. */
function broken(before, after) {
  return apiDiff(before, after)
    .filter((change) => change.type === breaking)
    .map((change) => `/${change.path.join("/")}: ${change.action}`);
}

const [before = here("released.json"), after = here("openapi.json")] = process.argv.slice(2);

// The judge is judged first: what is known to break clients, it has to find.
const now = read(here("openapi.json"));
const without = structuredClone(now);
delete without.paths["/me"];
if (broken(now, without).length === 0) throw new Error("a path that is gone was not found");
if (broken(now, now).length > 0) throw new Error("what is the same was found to be broken");

if (existsSync(before)) {
  const found = broken(read(before), read(after));
  found.forEach((it) => console.error(it));
  if (found.length > 0) process.exit(1);
  console.log("Nothing in the document breaks the clients of the last release.");
} else {
  console.log("Nothing is released yet: there are no clients to be broken.");
}
