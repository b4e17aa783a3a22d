// What a front-end team would write with the types that are generated from the document: it compiles
// under `tsc --strict` without a cast, and runs against a service with the demo data.
//
//   node consumer.js http://127.0.0.1:8080

import createClient, { type Middleware } from "openapi-fetch";

import type { components, paths } from "./api.js";

type ActivityEntry = components["schemas"]["ActivityEntry"];
type Problem = components["schemas"]["Problem"];

const baseUrl = process.argv[2] ?? "http://127.0.0.1:8080";
const client = createClient<paths>({ baseUrl });

function expect(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/** A line for an entry: `type` discriminates the union, and each side has fields of its own. */
function line(entry: ActivityEntry): string {
  switch (entry.type) {
    case "system":
      return `${entry.occurred_at} ${entry.description} (${entry.target?.name ?? "-"})`;
    case "manual":
      return `${entry.occurred_at} ${entry.created_by.name}: ${entry.notes} [${entry.revision}]`;
  }
}

function text(problem: Problem): string {
  return `${problem.code}: ${problem.detail}`;
}

// Log in.
const login = await client.POST("/auth/login", {
  body: { email: "cristiano.ferreira@example.com", password: "daybook-demo" },
});
if (login.error) throw new Error(text(login.error));
const bearer: Middleware = {
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${login.data.access_token}`);
    return request;
  },
};
client.use(bearer);

// Find a user.
const users = await client.GET("/users", { params: { query: { q: "sam.rivera" } } });
if (users.error) throw new Error(text(users.error));
const [sam] = users.data.data;
expect(sam !== undefined, "Sam is in the demo data");

// Page their log to its end.
const lines: string[] = [];
const seen = new Set<string>();
let cursor: string | undefined;
let pages = 0;
do {
  const query = cursor === undefined ? { limit: 5 } : { limit: 5, cursor };
  const page = await client.GET("/users/{user_id}/activity", {
    params: { path: { user_id: sam.id }, query },
  });
  if (page.error) throw new Error(text(page.error));
  for (const entry of page.data.data) {
    expect(!seen.has(entry.id), "no entry comes twice");
    seen.add(entry.id);
    lines.push(line(entry));
  }
  cursor = page.data.page.next_cursor ?? undefined;
  pages += 1;
} while (cursor !== undefined);
expect(pages > 1, "more than one page");
expect(lines.length === seen.size, "a line for each entry");

// Add a note to the newest entry, and edit it on the condition that nobody else did.
const [newest] = seen;
expect(newest !== undefined, "Sam has a log");
const added = await client.POST("/users/{user_id}/activity", {
  params: {
    path: { user_id: sam.id },
    header: { "Idempotency-Key": crypto.randomUUID() },
  },
  body: { notes: "Written by a generated client.", relates_to: newest },
});
if (added.error) throw new Error(text(added.error));
const note = added.data;
expect(note.relates_to === newest, "a note that explains the entry");
const etag = added.response.headers.get("ETag") ?? "";

const edit = (notes: string, ifMatch: string) =>
  client.PATCH("/users/{user_id}/activity/{entry_id}", {
    params: { path: { user_id: sam.id, entry_id: note.id }, header: { "If-Match": ifMatch } },
    body: { notes },
  });
const edited = await edit("Written and edited by a generated client.", etag);
if (edited.error) throw new Error(text(edited.error));
expect(edited.data.revision === 2, "the second wording");
const stale = await edit("Too late.", etag);
expect(stale.error?.code === "precondition_failed", "a stale tag is refused");

const revisions = await client.GET("/users/{user_id}/activity/{entry_id}/revisions", {
  params: { path: { user_id: sam.id, entry_id: note.id } },
});
if (revisions.error) throw new Error(text(revisions.error));
expect(revisions.data.data.length === 1, "the earlier wording is kept");

console.log(`TypeScript: ${lines.length} entries on ${pages} pages, a note added and edited`);
