"""Judges the ledger of a service with the demo data: see scripts/judge-ledger.

    judge.py FOLDER GO_JUDGE DAYBOOK

It makes the ledger grow, keeps checkpoints and proofs in the folder, and has them checked by the Go
judge, by the verifier of docs/ledger.md, and by the binary.
"""

import base64
import contextlib
import copy
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.request

URL = os.environ["DAYBOOK_URL"]
FOLDER = pathlib.Path(sys.argv[1])
GO_JUDGE, DAYBOOK = sys.argv[2:]

# How many records the ledger gets at least: two full tiles, the one above them, and a partial one.
# 65536 of them make a full tile on the second level.
RECORDS = int(os.environ.get("JUDGE_RECORDS", 600))

# What JSON in the form of RFC 8785 is difficult about: its sections 3.2.2 and 3.2.3, and appendix B.
DIFFICULT = [
    "€$\u000f\nA'B\"\\\"/\u007f\u2028",
    {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7},
    [333333333.33333329, 1e30, 4.50, 2e-3, 1e-27, -0.0, 1e20, 1e21, 123456789012345678, 1e-6, 1e-7],
    [0.000012345, 5e-324, 1.7976931348623157e308, 9007199254740993, 295147905179352830000, 0.1 + 0.2],
    [56.0, -1.5e-5, None, True, {"": [[], {}]}],
]


def send(method, path, body=None, **headers):
    """The response of the service, as text."""
    request = urllib.request.Request(URL + path, method=method, headers=headers)
    if body is not None:
        request.add_header("content-type", "application/json")
        request.data = json.dumps(body).encode()
    with urllib.request.urlopen(request) as answer:
        return answer.read().decode()


class Administrator:
    """The administrator of the demo data, logged in."""

    def __init__(self):
        credentials = {"email": "cristiano.ferreira@example.com", "password": "daybook-demo"}
        self.token = json.loads(send("POST", "/auth/login", credentials))["access_token"]

    def text(self, method, path, body=None, **headers):
        return send(method, path, body, authorization=f"Bearer {self.token}", **headers)

    def json(self, method, path, body=None, **headers):
        return json.loads(self.text(method, path, body, **headers))

    def size(self):
        """How many records the ledger has."""
        return self.json("GET", "/ledger?limit=1")["size"]

    def follow(self, start, count):
        """Follows the ledger until it has so many records more: on PostgreSQL they get their positions
        within a second."""
        end = start + count
        for _ in range(100 + count):
            if start >= end:
                return
            start = self.json("GET", f"/ledger?from={start}&limit=1000&wait=1")["next"]
        sys.exit(f"The ledger does not get {end} records.")


def keep_checkpoint(name):
    (FOLDER / f"{name}.checkpoint").write_text(send("GET", "/ledger/checkpoint"))


def grow(admin, user):
    """Writes entries of another system, and returns the ids of the difficult ones."""
    before = admin.size()
    count = max(RECORDS - before, 300)
    ids = []
    for start in range(0, count, 1000):
        items = [
            {
                "user": {"id": user}, "action": "enrollment.completed",
                "occurred_at": "2026-06-12T15:30:00Z", "external_id": f"judge:{at}",
                "description": f"Sam Rivera completed “Ladder Safety {at}”.",
                "changes": [{"field": "value", "before": None, "after": DIFFICULT[at]}]
                if at < len(DIFFICULT) else [],
            }
            for at in range(start, min(start + 1000, count))
        ]
        outcomes = admin.json("POST", "/activity/batch", {"items": items})["data"]
        if any(it["outcome"] != "created" for it in outcomes):
            sys.exit(f"The service does not take the batch: {outcomes}")
        ids += [it["entry_id"] for it in outcomes]
    admin.follow(before, count)
    return ids[: len(DIFFICULT)]


def keep_proofs(admin, user):
    """Makes the ledger grow, and keeps checkpoints on the way, then proofs of entries in both forms."""
    log = f"/users/{user}/activity"
    of_demo = [it["id"] for it in admin.json("GET", f"{log}?type=system&limit=3")["data"]]
    keep_checkpoint("demo")
    difficult = grow(admin, user)
    keep_checkpoint("grown")
    size = admin.size()
    note = admin.json("POST", log, {"notes": "The first wording.", "relates_to": of_demo[0]})["id"]
    second = {"notes": "Ein „zweiter“ Wortlaut 😀."}
    admin.json("PATCH", f"{log}/{note}", second, **{"if-match": '"1"'})
    admin.follow(size, 2)
    paths = {"note-1": f"{note}/proof?revision=1", "note-2": f"{note}/proof?revision=2"}
    paths |= {f"demo-{at}": f"{entry}/proof" for at, entry in enumerate(of_demo)}
    paths |= {f"difficult-{at}": f"{entry}/proof" for at, entry in enumerate(difficult)}
    for name, path in paths.items():
        for ending, kind in (("json", "application/json"), ("tlog-proof", "text/plain")):
            text = admin.text("GET", f"{log}/{path}", accept=kind)
            (FOLDER / f"{name}.{ending}").write_bytes(text.encode())
    wordings = [json.loads((FOLDER / f"note-{it}.json").read_text()) for it in (1, 2)]
    shown = [it["disclosures"]["notes"]["value"] for it in wordings]
    if shown != ["The first wording.", second["notes"]]:
        sys.exit(f"The proofs of a note's wordings show {shown}.")
    # A witness's signature of a key that nobody here knows changes nothing.
    line = f"— witness.example/w {base64.b64encode(bytes(76)).decode()}\n"
    cosigned = {**wordings[1], "checkpoint": wordings[1]["checkpoint"] + line}
    (FOLDER / "cosigned.json").write_text(json.dumps(cosigned))
    (FOLDER / "cosigned.tlog-proof").write_text(as_text(cosigned))


def changed_text(text):
    """A text with one bit of one character changed; of an empty one, another."""
    return chr(ord(text[0]) ^ 1) + text[1:] if text else "x"


def with_bit_changed(data, bit):
    """Bytes with one bit of one of them changed."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def changed_base64(text):
    data = base64.b64decode(text)
    return base64.b64encode(with_bit_changed(data, len(data) * 4)).decode()


def lies(proof):
    """Proofs with one thing changed: each by its name."""

    def changed(name, change):
        other = copy.deepcopy(proof)
        change(other)
        return name, other

    for field, shown in proof["disclosures"].items():
        value = shown["value"]
        lie = changed_text(value) if isinstance(value, str) else value + [None]
        yield changed(field, lambda it: it["disclosures"][field].update(value=lie))
        salt = ("B" if shown["salt"][0] == "A" else "A") + shown["salt"][1:]
        yield changed(f"the salt of {field}", lambda it: it["disclosures"][field].update(salt=salt))
        yield changed(f"the name of {field}",
                      lambda it: it["disclosures"].update(reason=it["disclosures"].pop(field)))
    for at, byte in enumerate(proof["leaf"]):
        if at % 40 == 0 and byte.isalnum():
            leaf = proof["leaf"][:at] + changed_text(proof["leaf"][at:])
            yield changed(f"the leaf at {at}", lambda it: it.update(leaf=leaf))
    for at, item in enumerate(proof["inclusion"]):
        lie = changed_base64(item)
        yield changed(f"hash {at}", lambda it: it["inclusion"].__setitem__(at, lie))
    yield changed("a hash too few", lambda it: it["inclusion"].pop())
    yield changed("a hash too many", lambda it: it["inclusion"].append(it["inclusion"][0]))
    for step in (-proof["size"], -1, 1, proof["size"]):
        yield changed(f"the position by {step}", lambda it: it.update(position=it["position"] + step))
    lines = proof["checkpoint"].split("\n")
    signature = lines[4].split(" ")
    for name, line in {
        "the origin": (0, changed_text(lines[0])),
        "the size": (1, str(proof["size"] + 1)),
        "the root": (2, changed_base64(lines[2])),
        "the signer": (4, f"{signature[0]} {changed_text(signature[1])} {signature[2]}"),
        "the signature": (4, f"{signature[0]} {signature[1]} {changed_base64(signature[2])}"),
    }.items():
        other = lines[: line[0]] + [line[1]] + lines[line[0] + 1 :]
        yield changed(name, lambda it: it.update(checkpoint="\n".join(other)))


def as_text(proof):
    """A proof as a file of C2SP tlog-proof."""
    extra = json.dumps({"leaf": proof["leaf"], "disclosures": proof["disclosures"]}).encode()
    lines = ["c2sp.org/tlog-proof@v1", f"extra {base64.b64encode(extra).decode()}",
             f"index {proof['position']}", *proof["inclusion"], "", proof["checkpoint"]]
    return "\n".join(lines)


def broken_files(proof):
    """Proof files that are not of the format, each by its name; the proof in them is right."""
    text = as_text(proof)
    yield "another version", text.replace("@v1\n", "@v10\n", 1)
    yield "no version", text.replace("@v1\n", "\n", 1)
    yield "lines that end in CR LF", text.replace("\n", "\r\n", 4)
    for index in ("0{}", "+{}", " {}", "{} "):
        other = index.format(proof["position"])
        yield f"index {other!r}", text.replace(f"\nindex {proof['position']}\n", f"\nindex {other}\n", 1)
    yield "more after it", text + "\n"


def meaning(proof):
    """What a proof says: its key is for comparison, its size also in the checkpoint. Numbers are
    doubles in RFC 8785, so an integer beyond 2^53 means the same as its neighbour."""
    shown = {field: it["value"] for field, it in proof["disclosures"].items()}
    return proof["position"], proof["leaf"], json.loads(json.dumps(shown), parse_int=float)


class Verifier:
    """The verifier that docs/ledger.md shows."""

    def __init__(self, key):
        page = pathlib.Path("docs/ledger.md").read_text()
        (self.source,) = re.findall(r"^```python verifier\n(.*?)^```$", page, re.M | re.S)
        self.file, self.key = FOLDER / "verifier.py", key
        self.file.write_text(self.source)

    def run(self, file):
        """Whether it accepts a proof, run as its reader runs it."""
        command = [sys.executable, self.file, file, self.key]
        return subprocess.run(command, capture_output=True).returncode == 0

    def load(self, file):
        """A function that says whether it accepts a proof. It checks this one first."""
        # As python -O has it, which leaves assertions out.
        code = compile(self.source, str(self.file), "exec", optimize=1)
        names, arguments = {"__name__": "__main__"}, sys.argv
        sys.argv = [str(self.file), str(file), self.key]
        with contextlib.redirect_stdout(io.StringIO()):
            exec(code, names)
        sys.argv = arguments

        def accepts(proof):
            try:
                names["check"](proof, self.key)
                return True
            except Exception:
                return False

        return accepts


def binary_accepts(*arguments):
    run = subprocess.run([DAYBOOK, "verify", *arguments], capture_output=True, text=True)
    if run.returncode not in (0, 1):
        sys.exit(f"daybook verify: {run.stderr}")
    return run.returncode == 0


def judge_proofs(key):
    """Has the proofs, and lies made of them, checked by the verifier and by the binary."""
    verifier, attempt = Verifier(key), FOLDER / "attempt"

    def binary_accepts_text(text):
        attempt.write_bytes(text)
        return binary_accepts("proof", attempt, "--key", key)

    files = sorted(FOLDER.glob("*.json"))
    lied = 0
    for file in files:
        honest = json.loads(file.read_text())
        if not verifier.run(file):
            sys.exit(f"The verifier of docs/ledger.md refuses {file}.")
        for form in (file, file.with_suffix(".tlog-proof")):
            if not binary_accepts("proof", form, "--key", key):
                sys.exit(f"daybook verify proof refuses {form}.")
        verifier_accepts = verifier.load(file)
        for name, proof in [("nothing", honest), *lies(honest)]:
            accepted = [verifier_accepts(proof)]
            for text in (json.dumps(proof), as_text(proof)):
                accepted.append(binary_accepts_text(text.encode()))
            if accepted != [proof is honest] * 3:
                sys.exit(f"{file} with {name} changed: the verifier, and daybook verify proof of both "
                         f"forms, say {accepted}.")
            lied += proof is not honest
        for name, text in broken_files(honest):
            if binary_accepts_text(text.encode()):
                sys.exit(f"daybook verify proof accepts {file} as a proof file with {name}.")
        judge_bits(file, honest, verifier_accepts)
    for ending in ("json", "tlog-proof"):
        text = (FOLDER / f"note-2.{ending}").read_bytes()
        # The key in a proof is there to be compared. Each attempt is a process, so some bits have to do.
        end = text.find(b'"key"') if ending == "json" else len(text)
        for bit in range(0, end * 8, 73):
            if binary_accepts_text(with_bit_changed(text, bit)):
                sys.exit(f"daybook verify proof accepts note-2.{ending} with bit {bit} changed.")
    print(f"{len(files)} proofs in both forms: accepted by daybook verify proof, and by the verifier of "
          f"docs/ledger.md\n{lied} lies made of them, and each with one bit changed: refused")


def judge_bits(file, honest, accepts):
    """Changes each single bit of a proof. What the form does not need may change, and what the proof
    says may not."""
    text = file.read_bytes()
    for bit in range(len(text) * 8):
        try:
            proof = json.loads(with_bit_changed(text, bit))
        except ValueError:
            continue
        if accepts(proof) and meaning(proof) != meaning(honest):
            sys.exit(f"The verifier accepts {file} with bit {bit} changed: {proof}")


def judge_database(key):
    """Has the database checked against the checkpoints that were kept."""
    for file in sorted(FOLDER.glob("*.checkpoint")):
        if not binary_accepts("database", "--checkpoint", file, "--key", key):
            sys.exit(f"daybook verify database finds faults, by {file}.")
        lines = file.read_text().split("\n")
        for at in range(3):
            attempt = FOLDER / "attempt"
            attempt.write_text("\n".join(lines[:at] + [changed_text(lines[at])] + lines[at + 1 :]))
            if binary_accepts("database", "--checkpoint", attempt, "--key", key):
                sys.exit(f"daybook verify database accepts {file} with line {at + 1} changed.")
    print("the database: accepted by daybook verify database, by each checkpoint that was kept")


if __name__ == "__main__":
    key = send("GET", "/ledger/key").strip()
    (FOLDER / "key").write_text(key + "\n")
    admin = Administrator()
    (sam,) = admin.json("GET", "/users?q=sam.rivera&limit=1")["data"]
    keep_proofs(admin, sam["id"])
    environment = {**os.environ, "DAYBOOK_JUDGE_TOKEN": admin.token}
    if subprocess.run([GO_JUDGE, URL, FOLDER], env=environment).returncode:
        sys.exit("Go refuses the ledger.")
    judge_proofs(key)
    judge_database(key)
