"""Attacks a service that keeps its clients waiting, and measures what another caller notices.

Run it by scripts/attack, which builds the service. It stays on this machine, takes about two minutes for
each database, and exits with 1 where an aim is missed.
"""

import http.client
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

BINARY, DATABASES = os.path.abspath(sys.argv[1]), sys.argv[2:]
USERS, ENTRIES = 1_000, int(os.environ.get("ATTACK_ENTRIES", "100000"))
SLOW_BODIES, LARGE_BODIES, BIG_READS = 1_500, 300, 60
SECONDS = 8
# Descriptors of the pools: each connection of SQLite has a file and its log, twice for a reader.
CONNECTIONS = 32
# An address has 1,024 connections, each with two descriptors; some more are being closed.
P99_MAX, MEMORY_MAX, DESCRIPTORS_MAX = 250, 256, 2_600
PASSWORD = "a long password of an attack"
# Attackers come from addresses of their own.
ATTACKER, VICTIM = "127.0.0.2", "127.0.0.1"


class Service:
    """A running service on an empty database."""

    def __init__(self, url, folder):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DAYBOOK_")}
        environment |= {
            "DATABASE_URL": url,
            "DAYBOOK_JWT_SECRET": "a secret for an attack on this machine alone",
            "DAYBOOK_LEDGER_KEY": "PRIVATE+KEY+daybook.invalid/tests+d1249ff1+"
            "AbxHB3cwcTuy0mMubtmV6xFDzdJ/Z2imqty6UAK1IdpB",
            "DAYBOOK_ADMIN_EMAIL": "admin@example.com",
            "DAYBOOK_ADMIN_PASSWORD": PASSWORD,
            "DAYBOOK_RATE_LIMIT": "off",
            "RUST_LOG": "warn,daybook=info,daybook::api::middleware=error",
        }
        self.log = open(os.path.join(folder, "log"), "w+")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--listen", "127.0.0.1:0"],
            env=environment, cwd=folder, stderr=self.log, stdout=subprocess.DEVNULL,
        )
        self.port = None
        until = time.monotonic() + 30
        while self.port is None:
            with open(self.log.name) as log:
                said = log.read()
            if "listening on http://" in said:
                self.port = int(said.split("listening on http://")[1].split(",")[0].split(":")[1])
            elif self.process.poll() is not None or time.monotonic() > until:
                sys.exit(f"the service did not start:\n{said}")
            time.sleep(0.05)

    def request(self, method, path, body=None, token=None, address=VICTIM, kind="application/json"):
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=120, source_address=(address, 0))
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            headers["Content-Type"] = kind
            body = body if isinstance(body, str) else json.dumps(body)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def done(self, *words, **more):
        status, body = self.request(*words, **more)
        if status >= 300:
            sys.exit(f"{words[:2]}: {status} {body[:500]}")
        return json.loads(body) if body[:1] == b"{" else None

    def log_in(self, email):
        body = {"email": email, "password": PASSWORD}
        return self.done("POST", "/auth/login", body)["access_token"]

    def memory(self):
        """The resident memory of the service, in MB: its own, and that of mapped files.

        A page of the database that several connections map counts once for each of them.
        """
        with open(f"/proc/{self.process.pid}/status") as status:
            fields = dict(line.split(":", 1) for line in status)
        return [int(fields[name].split()[0]) / 1024 for name in ("RssAnon", "RssFile")]

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()


def seed(service):
    """A supervisor of many users, a user with a log, and entries."""
    admin = service.log_in("admin@example.com")
    person = lambda name: service.done("POST", "/users", {
        "email": f"{name}@example.com", "given_name": name, "surname": "Person", "password": PASSWORD,
    }, token=admin)["id"]
    boss, victim = person("boss"), person("victim")
    lines = [f"user{n}@example.com,User{n},Person,boss@example.com" for n in range(USERS)]
    header = "email,given_name,surname,supervisors"
    for at in range(0, USERS, 500):
        body = "\n".join([header, *lines[at:at + 500]]) + "\n"
        service.done("POST", "/users/import", body, token=admin, kind="text/csv")
    ids, cursor = [], ""
    while True:
        page = service.done("GET", f"/users?supervisor_id={boss}&limit=100{cursor}", token=admin)
        ids += [user["id"] for user in page["data"]]
        if not page["page"]["has_more"]:
            break
        cursor = "&cursor=" + page["page"]["next_cursor"]
    assert len(ids) == USERS, len(ids)
    for at in range(0, ENTRIES, 1000):
        items = [{
            "user": {"id": victim if n % 20 == 0 else ids[n % USERS]},
            "action": "enrollment.completed", "external_id": f"attack:{n}",
            "description": f"Somebody read page {n} of the handbook of the learning platform.",
            "occurred_at": f"2025-{1 + n % 12:02}-{1 + n % 28:02}T{n % 24:02}:{n % 60:02}:00Z",
        } for n in range(at, at + 1000)]
        result = service.done("POST", "/activity/batch", {"items": items}, token=admin)
        if any(item["outcome"] != "created" for item in result["data"]):
            sys.exit(f"the batch was refused: {json.dumps(result)[:500]}")
    return victim


class Attack:
    """Threads that attack until they are told to stop."""

    def __init__(self, service, bodies):
        self.service, self.bodies, self.stopped = service, bodies, threading.Event()
        self.threads, self.sockets, self.refused = [], [], 0

    def start(self, count, target):
        for _ in range(count):
            thread = threading.Thread(target=target, daemon=True)
            thread.start()
            self.threads.append(thread)

    def connect(self, head, body):
        try:
            connection = socket.create_connection(
                ("127.0.0.1", self.service.port), 10, source_address=(ATTACKER, 0))
            connection.sendall(head)
            connection.sendall(body)
            self.sockets.append(connection)
        except OSError:
            self.refused += 1

    def stop(self):
        self.stopped.set()
        for thread in self.threads:
            thread.join(15)
        for connection in self.sockets:
            connection.close()


def slow_bodies(attack, token):
    def run():
        for _ in range(SLOW_BODIES // 10):
            if attack.stopped.is_set():
                return
            attack.connect(b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                           b"Content-Length: 100\r\n\r\n", b"{")
    attack.start(10, run)


def large_bodies(attack, token):
    size = 1024 * 1024
    head = (f"POST /users/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: text/csv\r\nContent-Length: {size}\r\n\r\n").encode()
    body = b"x" * (size - 1)

    def run():
        for _ in range(LARGE_BODIES // 10):
            if attack.stopped.is_set():
                return
            attack.connect(head, body)
    attack.start(10, run)


def big_reads(attack, token):
    head = (f"GET /activity?q=zzzz&include=total_count HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {token}\r\n\r\n").encode()

    def run():
        # Each client asks again and again, and every other one goes before it has its answer.
        for number in range(1000):
            if attack.stopped.is_set():
                return
            attack.connect(head, b"")
            time.sleep(0.5)
            if attack.sockets and number % 2:
                attack.sockets.pop().close()
    attack.start(BIG_READS, run)


def measure(service, victim, seconds, peaks):
    """What another caller notices: the milliseconds of each kind of request."""
    token = service.log_in("victim@example.com")
    kinds = {
        "newest page": ("GET", f"/users/{victim}/activity", None, token),
        "log-in": ("POST", "/auth/login", {"email": "victim@example.com", "password": PASSWORD}, None),
        "readiness": ("GET", "/health/ready", None, None),
    }
    times, failed = {kind: [] for kind in kinds}, []
    until = time.monotonic() + seconds

    def run(kind):
        method, path, body, bearer = kinds[kind]
        while time.monotonic() < until:
            begun = time.monotonic()
            try:
                status, answer = service.request(method, path, body, bearer)
            except OSError as error:
                status, answer = 0, str(error)
            times[kind].append((time.monotonic() - begun) * 1000)
            if status != 200:
                failed.append(f"{kind}: {status} {answer[:200]}")
            time.sleep(0.02)
    threads = [threading.Thread(target=run, args=(kind,)) for kind in kinds]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        own, mapped = service.memory()
        peaks["memory"] = max(peaks["memory"], own)
        peaks["mapped"] = max(peaks["mapped"], mapped)
        peaks["descriptors"] = max(peaks["descriptors"], service.descriptors())
        time.sleep(0.05)
    return times, failed


def p99(values):
    return sorted(values)[max(0, int(len(values) * 0.99 + 0.999) - 1)]


def attack_all(name, url, folder):
    service = Service(url, folder)
    missed = []
    try:
        victim = seed(service)
        # The memory that the data took to make is not the attack's.
        service.stop()
        service = Service(url, folder)
        boss = service.log_in("boss@example.com")
        # Connections to the database stay open once they are needed.
        before = service.descriptors() + CONNECTIONS
        print(f"\n{name}: {USERS:,} users, {ENTRIES:,} entries; p99 in ms while the attack runs")
        print(f"{'attack':24}{'newest page':>12}{'log-in':>10}{'readiness':>11}{'MB':>7}{'mapped':>8}{'files':>7}")
        for title, begin in [
            ("none", None), (f"{SLOW_BODIES:,} slow bodies", slow_bodies),
            (f"{LARGE_BODIES} bodies of 1 MiB", large_bodies),
            (f"{BIG_READS} times the big query", big_reads), ("none, afterwards", None),
        ]:
            peaks = {"memory": 0, "mapped": 0, "descriptors": 0}
            attack = Attack(service, None)
            if begin:
                begin(attack, boss)
            times, failed = measure(service, victim, SECONDS, peaks)
            attack.stop()
            row = {kind: p99(values) for kind, values in times.items()}
            print(f"{title:24}{row['newest page']:12.1f}{row['log-in']:10.1f}{row['readiness']:11.1f}"
                  f"{peaks['memory']:7.0f}{peaks['mapped']:8.0f}{peaks['descriptors']:7}", flush=True)
            missed += [f"{title}: the p99 of {kind} is {value:.0f} ms"
                       for kind, value in row.items() if value > P99_MAX]
            missed += [f"{title}: {text}" for text in failed[:3]]
            if peaks["memory"] > MEMORY_MAX:
                missed.append(f"{title}: {peaks['memory']:.0f} MB")
            if peaks["descriptors"] > DESCRIPTORS_MAX:
                missed.append(f"{title}: {peaks['descriptors']} descriptors")
            until = time.monotonic() + 35
            while service.descriptors() > before and time.monotonic() < until:
                time.sleep(0.1)
            if service.descriptors() > before:
                missed.append(f"{title}: {service.descriptors()} descriptors stay open, not {before}")
    finally:
        service.stop()
    return [f"{name}: {text}" for text in missed]


def main():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    missed = []
    for name, url in (database.split("=", 1) for database in DATABASES):
        folder = tempfile.mkdtemp()
        try:
            missed += attack_all(name, url.replace("FOLDER", folder), folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    for text in missed:
        print(f"missed: {text}")
    sys.exit(1 if missed else 0)


main()
