"""The servers that bench and compare measure, and how they are driven: processes, HTTP calls, wrk."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPT = pathlib.Path(__file__).resolve().parent / "wrk" / "issue.lua"
BENCH_SETTINGS = {"Bench__ParseOnly": "true", "Shipping__PreparationSeconds": "0", "Logging__LogLevel__Default": "Warning"}
FIRST_BLOCK, LAST_BLOCK = 100, 990  # of user ids, see wrk/issue.lua


# --- A server under measurement -------------------------------------------------------------------------------


class Server:
    """What is measured: one or more processes that answer the HTTP contract at one address.

    An engine says how it is started (`launch`) and where its read model lies (`drop_read_model`).
    """

    name = "?"
    recovers_after_ready = False  # RESTART counts from when it is ready, not from process start

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.port = free_port()
        self.processes = {}  # role -> Popen

    # What an engine says of itself.

    def launch(self):
        """Starts the processes; `spawn` each with its role."""
        raise NotImplementedError

    def drop_read_model(self):
        """Deletes the read model of the stopped server."""
        raise NotImplementedError

    def commits(self, coupon_id):
        """How many writes the journal took for this coupon, or None if that cannot be told."""
        return None

    # Its processes.

    def spawn(self, role, command, environment):
        with open(self.log(role), "ab") as log:
            # A session of its own: Ctrl-C is for the benchmark, which then stops the server itself.
            self.processes[role] = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def log(self, role):
        return self.directory / f"{role}.log"

    def start(self):
        """Starts the processes, and waits until they say that they can issue."""
        self.launch()
        wait_until("the server is ready", lambda: self.alive() and self.call("GET", "/health/ready")[0] == 200, 60)

    def alive(self):
        for role, process in self.processes.items():
            if process.poll() is not None:
                last = self.log(role).read_text(errors="replace")[-2000:]
                raise Trouble(f"{self.name}: {role} ended with {process.returncode}:\n{last}")
        return True

    def stop(self, with_signal=signal.SIGTERM):
        """Every process is gone afterwards; those that do not go by themselves within 30 s are killed."""
        for process in self.processes.values():
            process.send_signal(with_signal)
        for process in self.processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()

    def close(self):
        """Nothing of it runs afterwards."""
        self.stop(signal.SIGKILL)

    def cpu_seconds(self):
        """User and system time of each process so far: role -> seconds."""
        return {role: cpu_seconds(process.pid) for role, process in self.processes.items()}

    # What it answers.

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def call(self, method, path, body=None):
        """(status, body) of one call; (0, {}) if nobody answered."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b"{}")
        except (OSError, http.client.HTTPException):
            return 0, {}
        finally:
            connection.close()

    def create_coupon(self, total_quantity, coupon_id=None):
        policy = {
            "title": "bench",
            "totalQuantity": total_quantity,
            "discountAmount": 1000,
            "minAvailableAmount": 10000,
            "dateIssueStart": "2020-01-01T00:00:00Z",
            "dateIssueEnd": "2100-01-01T00:00:00Z",
        }
        if coupon_id is None:
            status, body = self.call("POST", "/coupons", policy)
        else:
            status, body = self.call("PUT", f"/coupons/{coupon_id}", policy)
        if status != 201:
            raise Trouble(f"{self.name}: no coupon could be created: {status} {body}")
        return body["couponId"]

    def put_product(self, product_id, stock):
        status, body = self.call("PUT", f"/products/{product_id}", {"name": "bench", "price": 1000, "stock": stock})
        if status != 201:
            raise Trouble(f"{self.name}: no product could be put up: {status} {body}")

    def product(self, product_id):
        """As the product itself tells."""
        status, body = self.call("GET", f"/products/{product_id}")
        if status != 200:
            raise Trouble(f"{self.name}: no product {product_id}: {status} {body}")
        return body

    def issue(self, coupon_id, user_id):
        return self.call("POST", f"/coupons/{coupon_id}/issues", {"userId": user_id})

    def issued(self, coupon_id):
        """Issued, as the coupon itself counts."""
        status, body = self.call("GET", f"/coupons/{coupon_id}/status")
        if status != 200:
            raise Trouble(f"{self.name}: no status of coupon {coupon_id}: {status} {body}")
        return body["issuedQuantity"]

    def projected(self, coupon_id):
        """Issued, as the read model has it."""
        coupons = self.call("GET", f"/coupons?after={coupon_id - 1}&limit=1")[1].get("items", [])
        return coupons[0]["issuedQuantity"] if coupons and coupons[0]["couponId"] == coupon_id else -1


class Standalone(Server):
    name = "standalone"
    project = ROOT / "src" / "CouponAkka.Standalone"

    @classmethod
    def build(cls):
        subprocess.run(
            ["dotnet", "build", cls.project, "-c", "Release", "-v", "quiet", "--nologo"], check=True, stdout=sys.stderr
        )

    def launch(self):
        program = self.project / "bin" / "Release" / "net10.0" / "CouponAkka.Standalone.dll"
        command = ["dotnet", program, "--urls", self.url(""), "--data", self.directory / "data"]
        environment = {**os.environ, **BENCH_SETTINGS}
        environment.pop("Admin__ApiKey", None)
        self.spawn("standalone", command, environment)

    def commits(self, coupon_id):
        # One row for each group that was written; the first made the coupon.
        with contextlib.closing(sqlite3.connect(f"file:{self.directory}/data/journal.db?mode=ro", uri=True)) as journal:
            query = "SELECT max(sequence_number) - 1 FROM events WHERE kind = 1 AND entity_id = ?"
            return journal.execute(query, (coupon_id,)).fetchone()[0]

    def drop_read_model(self):
        for file in (self.directory / "data").glob("readmodel.db*"):
            file.unlink()


class Cluster(Server):
    """Over ./cluster, with a MariaDB of its own whose CPU counts too."""

    recovers_after_ready = True
    arrangement = []  # as ./cluster start takes it

    @classmethod
    def build(cls):
        for program in ("Node", "Edge"):
            project = ROOT / "src" / f"CouponAkka.{program}"
            subprocess.run(["dotnet", "build", project, "-c", "Release", "-v", "quiet", "--nologo"], check=True, stdout=sys.stderr)

    def command(self, *arguments):
        environment = {**os.environ, **BENCH_SETTINGS}
        environment.pop("Admin__ApiKey", None)
        run = subprocess.run(
            [ROOT / "cluster", *arguments, "--dir", self.directory], env=environment, capture_output=True, text=True, start_new_session=True
        )
        if run.returncode != 0:
            raise Trouble(f"{self.name}: ./cluster {' '.join(arguments)}: {run.stdout}{run.stderr}")
        return run.stdout

    def launch(self):
        self.command("start", "--no-build", *self.arrangement)
        members = [line.split() for line in (self.directory / "members").read_text().splitlines()]
        self.port = next(int(http) for name, _, _, _, http, _ in members if name == "edge-1")
        self.pids = {name: int((self.directory / f"{name}.pid").read_text()) for name, *_ in members}
        self.pids["db"] = int((self.directory / "db" / "pid").read_text())

    def alive(self):
        for name, pid in self.pids.items():
            if not pathlib.Path(f"/proc/{pid}").exists():
                raise Trouble(f"{self.name}: {name} ended:\n{self.command('logs', name)[-2000:]}")
        return True

    def stop(self, with_signal=signal.SIGTERM):
        members = [name for name in getattr(self, "pids", {}) if name != "db"]
        if with_signal == signal.SIGKILL:
            for name in members:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pids[name], signal.SIGKILL)
            wait_until("all are gone", lambda: not any(pathlib.Path(f"/proc/{self.pids[name]}").exists() for name in members), 30)
        else:
            for name in reversed(members):  # edges first
                self.command("stop", name)

    def close(self):
        self.stop(signal.SIGKILL)
        self.command("kill", "db")

    def restart(self, name):
        """Starts one again that was killed, and waits until it is ready."""
        self.command("restart", name)
        self.pids[name] = int((self.directory / f"{name}.pid").read_text())

    def cpu_seconds(self):
        return {name: cpu_seconds(pid) for name, pid in self.pids.items()}

    def sql(self, query):
        port = (self.directory / "db" / "port").read_text().strip()
        command = ["mariadb", "--no-defaults", "-h127.0.0.1", f"-P{port}", "-ucoupons", "-pcoupons", "-N", "coupons", "-e", query]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commits(self, coupon_id):
        # One row for each group that was written; the first made the coupon.
        return int(self.sql(f"SELECT MAX(sequence_number) - 1 FROM journal WHERE persistence_id = 'coupon-{coupon_id}'"))

    def drop_read_model(self):
        node = ROOT / "src/CouponAkka.Node/bin/Release/net10.0/CouponAkka.Node.dll"
        connection = (self.directory / "mysql").read_text().strip()
        subprocess.run(["dotnet", node, "--rebuild"], check=True, env={**os.environ, "ConnectionStrings__Coupons": connection}, stdout=sys.stderr)


class OneProcess(Cluster):
    name = "one-process"
    arrangement = ["--one-process"]


class EdgeAndNode(Cluster):
    name = "edge-node"
    arrangement = ["--nodes", "1", "--edges", "1"]


class EdgeAndTwoNodes(Cluster):
    name = "edge-2-nodes"
    arrangement = ["--nodes", "2", "--edges", "1"]


class EdgeAndThreeNodes(Cluster):
    name = "edge-3-nodes"
    arrangement = ["--nodes", "3", "--edges", "1"]


ENGINES = {engine.name: engine for engine in (Standalone, OneProcess, EdgeAndNode, EdgeAndTwoNodes, EdgeAndThreeNodes)}


# --- wrk --------------------------------------------------------------------------------------------------------


class Wrk:
    """Drives servers with wrk, each run with users of its own."""

    def __init__(self, threads):
        self.threads = threads
        self.next_block = FIRST_BLOCK

    def drive(self, server, path, connections, seconds, **script):
        """What wrk counted on one path, and the CPU that it and the server used. What `script` says goes to wrk/issue.lua."""
        if self.next_block + self.threads > LAST_BLOCK:
            self.next_block = FIRST_BLOCK
        before = server.cpu_seconds()
        process = self.start(server.url(path), connections, seconds, self.next_block, **script)
        self.next_block += self.threads
        try:
            output = process.stdout.read()
            _, code, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(code)
        finally:
            if process.returncode is None:
                process.kill()
                process.wait()
        after = server.cpu_seconds()
        server.alive()
        if process.returncode != 0:
            raise Trouble(f"wrk ended with {process.returncode}: {output}")

        run = json.loads(output.splitlines()[-1])
        run["rate"] = run["requests"] / run["seconds"]
        run["cpu_s"] = {role: after[role] - before[role] for role in after}
        run["wrk_cpu_s"] = usage.ru_utime + usage.ru_stime
        return run

    def start(self, url, connections, seconds, block, **script):
        """One run of wrk under way; the last line that it prints is JSON."""
        command = ["wrk", f"-t{self.threads}", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s", "-s", SCRIPT, url, "--"]
        command += [f"{key}={value}" for key, value in {"block": block, **script}.items()]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)


# --- Measuring ------------------------------------------------------------------------------------------------


class Trouble(Exception):
    """Why nothing could be measured."""


def fsyncs_per_second(directory):
    """How often a second 4 KiB can be appended to a file in this directory and made durable."""
    with tempfile.NamedTemporaryFile(dir=directory, buffering=0) as file:
        block, count, start = os.urandom(4096), 0, time.monotonic()
        while (seconds := time.monotonic() - start) < 1:
            file.write(block)
            os.fdatasync(file.fileno())
            count += 1
    return count / seconds


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until(what, is_so, within_s):
    deadline = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline:
            raise Trouble(f"not within {within_s} s: {what}")
        time.sleep(0.01)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def say(text):
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def running(engine, parent):
    """A started server with an empty directory of its own; both are gone afterwards, whatever happens."""
    directory = tempfile.mkdtemp(prefix="coupon-bench-", dir=parent)
    server = engine(directory)
    try:
        server.start()
        yield server
    finally:
        server.close()
        shutil.rmtree(directory, ignore_errors=True)
