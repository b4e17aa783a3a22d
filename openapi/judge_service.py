"""What Schemathesis needs to know of Daybook beyond its document: see scripts/judge-service."""

import json
import os
import pathlib
import sys
import urllib.error
import urllib.request
import uuid

import schemathesis

URL = os.environ["DAYBOOK_JUDGE_URL"]
NOBODY = "01977f3e-5c00-7000-8000-0000000000ff"

# Why the service may refuse a request that is valid by the document, since no schema can express it:
# an unknown reference or time zone; an archived course; a time in the future; a person instead of an
# API account; a parameter or a field that needs or excludes another one; a password that is common,
# personal or not the present one; a name whose characters nobody sees; an address that IDNA refuses.
UNKNOWABLE = {
    "unknown", "archived", "in_future", "incomplete", "not_allowed", "not_api", "wrong",
    "too_common", "too_repetitive", "too_personal", "blank", "invalid_character", "invalid_email",
}


def call(path, token=None, body=None):
    """The response of the service, as JSON."""
    request = urllib.request.Request(URL + path, method="POST" if body else "GET")
    if token:
        request.add_header("authorization", f"Bearer {token}")
    if body:
        request.add_header("content-type", "application/json")
        request.data = json.dumps(body).encode()
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def log_in():
    """An access token of the user of the run."""
    credentials = {"email": os.environ["DAYBOOK_JUDGE_EMAIL"], "password": "daybook-demo"}
    return call("/auth/login", body=credentials)["access_token"]


def clients(token):
    """An API client of the demo API account, made if there is none. Learners can't make one."""
    try:
        user = call("/users?kind=api&limit=1", token)["data"][0]["id"]
        body = {"name": "Judge", "user_id": user, "scopes": ["activity:read"]}
        return [call("/api-clients", token, body)["id"]]
    except (urllib.error.HTTPError, IndexError):
        return []


def write_ids(folder):
    """Writes ids of the demo data, one file for each path parameter: random ids would match nothing.
    Sam occurs often, so that requests combine Sam with Sam's own entries."""
    token = log_in()

    def ids(path):
        return [it["id"] for it in call(path, token)["data"]]

    sam = ids("/users?q=sam.rivera&limit=1")[0]
    found = {
        "user_id": [sam] * 10 + ids("/users?limit=10"),
        "entry_id": ids(f"/users/{sam}/activity?limit=20"),
        "enrollment_id": ids(f"/users/{sam}/enrollments") + ids("/enrollments?limit=20"),
        "course_id": ids("/courses?limit=20"),
        "certification_id": ids("/certifications?limit=20"),
        "plan_id": ids("/learning-plans?limit=20"),
        "group_id": ids("/groups?limit=20"),
        "client_id": clients(token) or [NOBODY],
    }
    for name, values in found.items():
        lines = "".join(f'"{value}"\n' for value in values)
        (pathlib.Path(folder) / f"{name}.dict").write_text(lines)


if __name__ == "__main__":
    write_ids(sys.argv[1])
    sys.exit()

OWN_ID = call("/me", log_in())["id"]


@schemathesis.hook
def before_call(context, case, **kwargs):
    """Keeps the run logged in."""
    # Without its own role, password or access it would judge nothing but refusals from there on.
    parameters = case.path_parameters or {}
    if (case.method, case.operation.path) == ("PATCH", "/users/{user_id}"):
        if str(parameters.get("user_id")).lower() == OWN_ID:
            parameters["user_id"] = NOBODY
    # Cursors and conditions that are made up are refused before anything else is looked at. One in
    # four stays, to see that.
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    query, headers = case.query or {}, case.headers or {}
    if len(str(query.get("cursor", ""))) % 4:
        del query["cursor"]
    if "target_type" not in query:
        query.pop("target_id", None)
    if len(headers.get("If-Match", "")) % 4:
        headers["If-Match"] = "*"
    # A key is of one request, and the next one is another.
    if "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = str(uuid.uuid4())


@schemathesis.check
def refusals_have_a_reason(ctx, response, case):
    """The service refuses a request that is valid by the document only for what no schema can express."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive:
        return
    if response.status_code not in (400, 422):
        return
    # What is in a CSV file, the document tells in words; and OAuth has errors of its own.
    if case.operation.path in ("/users/import", "/oauth/token"):
        return
    problem = response.json()
    if problem["code"] == "invalid_cursor":
        return
    errors = problem.get("errors", [])
    # Only an API account can do without an e-mail address.
    errors = [it for it in errors if (it.get("pointer"), it["code"]) != ("/email", "required")]
    assert problem.get("errors"), f"refused without a reason: {problem}"
    # The ledger has not grown to every size that a number can have, and one size is behind the other.
    if problem["instance"] == "/ledger/consistency":
        errors = [it for it in errors if it["code"] != "too_large"]
    codes = {error["code"] for error in errors}
    assert codes <= UNKNOWABLE, f"valid by the document, and refused: {problem}"
