// Uses /docs as somebody with only the demo password: log in, authorize, find a user, read their log,
// add a note; then the same as an API client. The console has no error, no request goes to another
// host, and links to operations work.
//
//   DAYBOOK_URL=http://127.0.0.1:8080 node browser.mjs /usr/bin/chromium FOLDER

import { chromium } from "playwright-core";

const url = process.env.DAYBOOK_URL;
const [executablePath, folder] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  // The browser runs as root in a container, and makes no requests of its own.
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});
const page = await browser.newPage({ viewport: { width: 1400, height: 1800 } });
page.setDefaultTimeout(30_000);
const troubles = [];
page.on("console", (message) => {
  if (message.type() === "error") troubles.push(`console: ${message.text()}`);
});
// Chromium reports violations of the Content-Security-Policy as console errors, too; this catches all.
await page.addInitScript(() => {
  document.addEventListener("securitypolicyviolation", (event) => {
    console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`);
  });
});
page.on("pageerror", (error) => troubles.push(`page: ${error}`));
page.on("request", (request) => {
  const { protocol, origin } = new URL(request.url());
  if (protocol.startsWith("http") && origin !== new URL(url).origin) {
    troubles.push(`another host: ${request.url()}`);
  }
});

function expect(condition, what) {
  if (!condition) throw new Error(what);
}

const block = (id) => page.locator(`[id$="-${id}"].opblock`).first();

/** Opens an operation, unless it is open. */
async function open(id) {
  const operation = block(id);
  if (!(await operation.getAttribute("class")).includes("is-open")) {
    await operation.locator(".opblock-summary-control").first().click();
  }
  await operation.locator(".opblock-body").waitFor();
  return operation;
}

/** Tries an operation out with what is there, and what is given; its answer, as JSON. */
async function tryOut(id, status, parameters = {}) {
  const operation = await open(id);
  const start = operation.locator("button.try-out__btn:not(.cancel)");
  if (await start.count()) await start.click();
  for (const [name, value] of Object.entries(parameters)) {
    await operation.locator(`tr[data-param-name="${name}"] input`).fill(value);
  }
  await operation.locator("button.execute").click();
  const live = operation.locator(".live-responses-table");
  await live.locator(".response-col_status").first().waitFor();
  const got = (await live.locator("tbody .response-col_status").first().innerText()).trim();
  const text = await live.locator(".highlight-code").first().innerText();
  expect(got.startsWith(String(status)), `${id} answered ${got}: ${text}`);
  return JSON.parse(text.replace(/^Download\s*|\s*Download$/g, ""));
}

async function authorize(fill) {
  await page.locator(".auth-wrapper > button.authorize").click();
  await fill(page.locator(".auth-container"));
  await page.locator("button.btn-done").first().click();
}

try {
  const first = await page.goto(`${url}/docs`, { waitUntil: "networkidle" });
  const policy = first.headers()["content-security-policy"] ?? "";
  expect(policy.includes("script-src 'self';"), `the policy of the page is ${policy}`);
  await page.locator(".opblock-tag").first().waitFor();
  const tags = await page.locator(".opblock-tag").allInnerTexts();
  expect(tags[0]?.startsWith("Session"), `the first thing is to log in, and not ${tags[0]}`);

  // The example works with the demo data as it is.
  const { access_token } = await tryOut("log_in", 200);
  await authorize(async (dialog) => {
    const bearer = dialog.filter({ hasText: "bearer" }).first();
    await bearer.locator("input").first().fill(access_token);
    await bearer.locator("button.authorize").click();
  });
  expect((await tryOut("get_me", 200)).role === "administrator", "he is an administrator");
  const { data: users } = await tryOut("list_users", 200, { q: "sam.rivera" });
  const user_id = users[0].id;
  const { data: entries } = await tryOut("list_user_activity", 200, { user_id });
  expect(entries.length > 0, "there is something in his log");
  await page.screenshot({ path: `${folder}/log.png` });
  const note = await tryOut("add_note", 201, { user_id });
  expect(note.type === "manual", "a note");

  // An API client gets its token by Authorize alone.
  const client = await fetch(`${url}/api-clients`, {
    method: "POST",
    headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json" },
    body: JSON.stringify({
      name: "Browser",
      user_id: (await (await fetch(`${url}/users?kind=api`, {
        headers: { authorization: `Bearer ${access_token}` },
      })).json()).data[0].id,
      scopes: ["activity:read"],
    }),
  }).then((answer) => answer.json());
  await page.goto(`${url}/docs#/Activity/list_activity`, { waitUntil: "networkidle" });
  await page.reload({ waitUntil: "networkidle" });
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(!kept.includes(access_token), "the browser keeps the token");
  await block("list_activity").waitFor();
  expect(
    (await block("list_activity").getAttribute("class")).includes("is-open"),
    "a link to an operation opens it",
  );
  await authorize(async (dialog) => {
    const oauth = dialog.filter({ hasText: "clientCredentials" }).first();
    await oauth.locator('input[data-name="clientId"], #client_id').first().fill(client.client_id);
    await oauth.locator('input[data-name="clientSecret"], #client_secret').first()
      .fill(client.client_secret);
    await oauth.locator("label", { hasText: "activity:read" }).first().click();
    await oauth.locator("button.authorize").click();
    await oauth.locator("button", { hasText: "Logout" }).waitFor();
  });
  const { data: all } = await tryOut("list_activity", 200);
  expect(all.length > 0, "the log across users");
  await page.screenshot({ path: `${folder}/client.png` });
  expect(troubles.length === 0, troubles.join("\n"));
  console.log("Swagger UI: logged in, found, read, noted; as an API client too; nothing amiss");
} catch (error) {
  await page.screenshot({ path: `${folder}/failure.png` });
  console.error(troubles.join("\n"));
  throw error;
} finally {
  await browser.close();
}
