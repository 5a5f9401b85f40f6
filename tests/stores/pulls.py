"""Pulls into a bucket of moto: what arrives, after which faults, and what a person reads.

Between longhaul and moto is a proxy that counts requests and can answer in moto's place. The API is the one of
`longhaul demo`. boto3 looks into the bucket.
"""

import gzip
import http.client
import http.server
import logging
import os
import pathlib
import random
import re
import signal
import socketserver
import subprocess
import tempfile
import threading
import time
import unittest

import boto3
from moto.server import ThreadedMotoServer

LONGHAUL = os.environ["LONGHAUL"]
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "the-secret-key"}
SEED = int(os.environ.get("SEED", random.randrange(1 << 32)))
RANDOM = random.Random(SEED)


class Proxy(http.server.BaseHTTPRequestHandler):
    """Passes requests on to moto, unless `fault` says otherwise."""

    protocol_version = "HTTP/1.1"
    moto = ""
    seen = []
    fault = None

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        request = f"{self.command} {self.path.split('X-Amz-')[0].rstrip('?&')}"
        Proxy.seen.append(request)
        fault = Proxy.fault and Proxy.fault(request)
        if fault == "drop":
            self.close_connection = True
            return
        if fault:
            status, code = fault
            return self.answer(status, {}, f"<Error><Code>{code}</Code><Message>Injected</Message></Error>".encode())
        connection = http.client.HTTPConnection(Proxy.moto)
        connection.request(self.command, self.path, body, dict(self.headers))
        reply = connection.getresponse()
        self.answer(reply.status, dict(reply.getheaders()), reply.read())
        connection.close()

    def answer(self, status, headers, body):
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        length = headers.get("Content-Length") if self.command == "HEAD" else None
        self.send_header("content-length", length or str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = pass_on

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that was killed."""


def setUpModule():
    global store, endpoint, api, connection
    print(f"SEED={SEED}", flush=True)
    logging.getLogger("werkzeug").disabled = True
    moto = ThreadedMotoServer(port=0, verbose=False)
    moto.start()
    Proxy.moto = "{}:{}".format(*moto.get_host_and_port()).replace("0.0.0.0", "127.0.0.1")
    proxy = Server(("127.0.0.1", 0), Proxy)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{proxy.server_port}"
    store = boto3.client("s3", endpoint_url=f"http://{Proxy.moto}", region_name="us-east-1",
                         aws_access_key_id="x", aws_secret_access_key="x")
    command = [LONGHAUL, "demo", "--serve", "--records", "4500", "--start", "2026-01-01", "--token-life", "30", "--faults", "0.01"]
    with open("served.toml", "w") as served:
        api = subprocess.Popen(command, stdout=served, stderr=subprocess.DEVNULL)
    while "[streams" not in (text := pathlib.Path("served.toml").read_text()):
        time.sleep(0.05)
    connection = re.sub(r"(?m)^(# |state_dir).*\n", "", text).split("[streams")[0]


def tearDownModule():
    api.kill()
    api.wait()


STREAM = """
[streams.calls]
method = "POST"
path = "/api/v2/analytics/conversations/details/query"
body = { interval = "2026-01-01T00:00:00Z/2026-02-01T00:00:00Z" }
records = "/conversations"
records_missing = "empty"
pages = { type = "page_number", param = "/paging/pageNumber", size_param = "/paging/pageSize", size = 100 }
sinks = ["out"]
"""


# The same in windows of a day.
WINDOWS = STREAM.replace("2026-01-01T00:00:00Z/2026-02-01T00:00:00Z", "{window.start}/{window.end}") + """
window = { from = "2026-01-01", to = "2026-01-08", slice = "1d" }
"""


class Pulls(unittest.TestCase):
    in_files = {}

    def setUp(self):
        Proxy.fault = None
        Proxy.seen.clear()
        self.bucket = f"data{RANDOM.randrange(1 << 32)}"
        store.create_bucket(Bucket=self.bucket)
        self.folder = pathlib.Path(tempfile.mkdtemp(dir="."))
        self.key = "out/calls"

    def configure(self, sink, more="", stream=STREAM):
        path = f"s3://{self.bucket}/{self.key}"
        text = f'commit_every = "50ms"\n{more}{connection}{stream}\n[sinks.out]\npath = "{path}"\n{sink}\n'
        (self.folder / "longhaul.toml").write_text(text)

    def start(self, *arguments, folder=None, **variables):
        environment = {**os.environ, **KEYS, "AWS_ENDPOINT_URL_S3": endpoint, **variables}
        return subprocess.Popen([LONGHAUL, *arguments], cwd=folder or self.folder, env=environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run_longhaul(self, *arguments, folder=None, stdout=False, **variables):
        process = self.start(*arguments, folder=folder, **variables)
        output, stderr = process.communicate(timeout=120)
        self.assertNotIn("the-secret-key", stderr)
        return output if stdout else (process.returncode, stderr)

    def complete(self, *arguments, **variables):
        code, stderr = self.run_longhaul("run", *arguments, **variables)
        self.assertEqual(code, 0, stderr)
        return stderr

    def failure(self, *arguments, **variables):
        """The exit code, and the error without what differs from run to run."""
        code, stderr = self.run_longhaul("run", *arguments, **variables)
        error = stderr[stderr.index("error: "):]
        return code, error.replace(endpoint, "http://store").replace(self.bucket, "data")

    def object(self):
        return store.get_object(Bucket=self.bucket, Key=self.key)["Body"].read()

    def is_visible(self):
        return "Contents" in store.list_objects_v2(Bucket=self.bucket, Prefix=self.key)

    def uploads(self):
        return store.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])

    def in_file(self, sink):
        """What the same pull writes to a file, and how long it takes."""
        if sink not in self.in_files:
            self.configure(sink)
            text = (self.folder / "longhaul.toml").read_text().replace(f"s3://{self.bucket}/{self.key}", "file")
            with tempfile.TemporaryDirectory(dir=".") as folder:
                pathlib.Path(folder, "longhaul.toml").write_text(text)
                start = time.monotonic()
                code, stderr = self.run_longhaul("run", folder=folder)
                self.assertEqual(code, 0, stderr)
                self.in_files[sink] = pathlib.Path(folder, "file").read_bytes(), time.monotonic() - start
        return self.in_files[sink]

    def assert_clean(self):
        self.assertEqual(self.uploads(), [])
        self.assertEqual([path for path in self.folder.glob(".longhaul/uploads/**/*") if path.is_file()], [])

    def kill_again_and_again(self, kills, took):
        """Runs until it is complete, and kills the first runs. An undisturbed one takes `took` seconds."""
        for _ in range(kills):
            process = self.start("run")
            time.sleep(RANDOM.uniform(0, took))
            process.send_signal(signal.SIGKILL)
            _, stderr = process.communicate()
            if process.returncode != -signal.SIGKILL:
                self.assertEqual(process.returncode, 0, stderr)
                return
        self.complete()

    def assert_killed(self, sink, kills, more=""):
        expected, took = self.in_file(sink)
        self.configure(sink, more)
        self.kill_again_and_again(kills, took)
        # The bytes of a compressed object are those of a file only after decompression.
        content = gzip.decompress if "gzip" in sink else bytes
        self.assertEqual(content(self.object()), content(expected))
        self.assert_clean()

    # The longest: its object has three parts.
    def test_lines_of_killed_runs_arrive_once(self):
        self.assert_killed('type = "ndjson"', 6)

    def test_compressed_lines_of_killed_runs_arrive_once(self):
        sink = 'type = "ndjson"\ncompression = "gzip"'
        self.assert_killed(sink, 3)

    def test_tables_of_killed_runs_arrive_once(self):
        self.assert_killed('type = "csv"\ncolumns = ["/conversationId", "/conversationStart"]', 3)

    def test_tables_of_all_columns_of_killed_runs_arrive_once(self):
        self.assert_killed('type = "csv"', 3)

    def test_nothing_is_visible_until_a_run_that_was_stopped_is_complete(self):
        expected, _ = self.in_file('type = "ndjson"')
        self.configure('type = "ndjson"')
        code, stderr = self.run_longhaul("run", "--max-requests", "42")
        self.assertEqual(code, 75, stderr)
        self.assertFalse(self.is_visible())
        self.assertEqual(len(self.uploads()), 1)
        Proxy.seen.clear()
        self.complete()
        self.assertEqual(self.object(), expected)
        self.assertTrue(any(seen.startswith("GET") and "part-number-marker" in seen for seen in Proxy.seen), Proxy.seen)
        self.assertFalse(any(seen.startswith("POST") and "uploads" in seen for seen in Proxy.seen))
        self.assert_clean()

    def test_a_fresh_start_aborts_the_upload(self):
        self.configure('type = "ndjson"')
        self.run_longhaul("run", "--max-requests", "42")
        [before] = self.uploads()
        self.complete("calls", "--fresh")
        self.assertTrue(any(seen.startswith("DELETE") for seen in Proxy.seen), before)
        self.assert_clean()

    def test_a_store_that_is_busy_or_hangs_up_is_asked_again(self):
        expected, _ = self.in_file('type = "ndjson"')
        self.configure('type = "ndjson"')
        Proxy.fault = lambda _: RANDOM.choice([None, None, None, (503, "SlowDown"), (500, "InternalError"), "drop"])
        self.complete(LONGHAUL_RETRY__BASE_DELAY="10ms", LONGHAUL_RETRY__MAX_ATTEMPTS="20")
        Proxy.fault = None
        self.assertEqual(self.object(), expected)
        self.assert_clean()

    def test_access_that_is_denied_is_an_error_of_the_sink(self):
        self.configure('type = "ndjson"')
        Proxy.fault = lambda seen: (403, "AccessDenied") if "partNumber" in seen else None
        self.assertEqual(self.failure(), (5, """\
error: the stream `calls` is not complete
  caused by: the sink `out` failed
  caused by: cannot upload `s3://data/out/calls`
  caused by: access to the bucket `data` is denied (the credentials need the permission `s3:PutObject`)
  caused by: the store answered 403: `AccessDenied`: Injected
hint: fix the problem, then resume with: longhaul run
"""))
        Proxy.fault = None
        self.complete()
        self.assert_clean()

    def test_a_bucket_that_does_not_exist_is_named(self):
        self.configure('type = "ndjson"')
        store.delete_bucket(Bucket=self.bucket)
        self.assertEqual(self.failure(), (5, """\
error: the stream `calls` is not complete
  caused by: the sink `out` failed
  caused by: cannot write to `s3://data/out/calls`
  caused by: there is no bucket `data` at http://store (create it, or correct its name)
  caused by: the store answered 404: `NoSuchBucket`: The specified bucket does not exist
hint: fix the problem, then resume with: longhaul run
"""))

    def test_an_outage_ends_the_run_until_later(self):
        expected, _ = self.in_file('type = "ndjson"')
        self.configure('type = "ndjson"')
        Proxy.fault = lambda seen: "drop" if "partNumber" in seen else None
        code, error = self.failure(LONGHAUL_RETRY__BASE_DELAY="1ms", LONGHAUL_RETRY__MAX_ATTEMPTS="3")
        self.assertEqual((code, error), (75, """\
error: the stream `calls` is not complete
  caused by: the sink `out` failed
  caused by: cannot upload `s3://data/out/calls`
  caused by: http://store did not take the request
  caused by: `PUT http://store/data/out/calls` failed 3 times
  caused by: the connection closed before the answer was complete
  caused by: io: Peer disconnected
hint: resume with: longhaul run
"""))
        Proxy.fault = None
        self.complete()
        self.assertEqual(self.object(), expected)
        self.assert_clean()

    def state(self):
        return f'state_dir = "s3://{self.bucket}/state"\n'

    def states(self):
        found = store.list_objects_v2(Bucket=self.bucket, Prefix="state/").get("Contents", [])
        return [state["Key"] for state in found]

    def test_killed_runs_with_their_state_in_the_bucket_are_resumed(self):
        self.assert_killed('type = "ndjson"', 4, self.state())
        self.assertEqual(self.states(), ["state/calls.json"])

    def test_a_run_is_resumed_on_another_machine_that_shares_the_file(self):
        expected, _ = self.in_file('type = "ndjson"')
        self.configure('type = "ndjson"', self.state())
        configuration = self.folder / "longhaul.toml"
        text = configuration.read_text().replace(f"s3://{self.bucket}/{self.key}", "file")
        configuration.write_text(text)
        code, stderr = self.run_longhaul("run", "--max-requests", "20")
        self.assertEqual(code, 75, stderr)
        self.assertIn("resuming the run", self.complete("--set", "scratch_dir=other"))
        self.assertEqual((self.folder / "file").read_bytes(), expected)
        self.assertEqual(self.states(), ["state/calls.json"])

    def test_of_two_runs_with_one_state_one_fails(self):
        expected, _ = self.in_file('type = "ndjson"')
        self.configure('type = "ndjson"', self.state())
        slow = self.start("run")
        while "state/calls.json" not in self.states():
            self.assertIsNone(slow.poll(), "it has ended too early")
            time.sleep(0.01)
        slow.send_signal(signal.SIGSTOP)
        self.complete("calls", "--fresh", "--set", "scratch_dir=other")
        self.assertEqual(self.object(), expected)
        slow.send_signal(signal.SIGCONT)
        _, stderr = slow.communicate(timeout=120)
        error = stderr[stderr.index("error: "):].replace(self.bucket, "data")
        self.assertEqual((slow.returncode, error), (6, """\
error: the stream `calls` is not complete
  caused by: cannot write `s3://data/state/calls.json`
  caused by: another run has written it in the meantime
hint: wait for the other run to end, then resume with: longhaul run
"""))
        self.assertEqual(self.object(), expected)

    def test_a_run_on_another_machine_starts_its_object_again(self):
        expected, _ = self.in_file('type = "ndjson"')
        self.configure('type = "ndjson"', self.state())
        code, stderr = self.run_longhaul("run", "--max-requests", "42")
        self.assertEqual((code, len(self.uploads())), (75, 1), stderr)
        self.assertIn("starting again", self.complete("--set", "scratch_dir=other"))
        self.assertEqual(self.object(), expected)
        self.assertEqual(self.uploads(), [])

    def assert_workers(self, sink, more):
        """Twins on two machines are killed again and again, and then pull what is left."""
        self.configure(sink, stream=WINDOWS)
        there = pathlib.Path(tempfile.mkdtemp(dir="."))
        text = (self.folder / "longhaul.toml").read_text()
        (there / "longhaul.toml").write_text(text.replace(f"s3://{self.bucket}/{self.key}", "file"))
        start = time.monotonic()
        code, stderr = self.run_longhaul("run", folder=there)
        took = time.monotonic() - start
        self.assertEqual(code, 0, stderr)
        expected = (there / "file").read_text()

        self.key = "out/{partition}"
        self.configure(sink, more, WINDOWS)
        code, stderr = self.run_longhaul("plan", "calls", "--out", "plan.ndjson")
        self.assertEqual(code, 0, stderr)
        machines = [self.folder, there]
        for name in "longhaul.toml", "plan.ndjson":
            (there / name).write_bytes((self.folder / name).read_bytes())
        for _ in range(4):
            twins = [self.start("run", "--plan", "plan.ndjson", folder=machine) for machine in machines]
            for twin in twins:
                time.sleep(RANDOM.uniform(0, took))
                twin.send_signal(signal.SIGKILL)
                _, stderr = twin.communicate()
                self.assertIn(twin.returncode, (0, -signal.SIGKILL), stderr)
        twins = [self.start("run", "--plan", "plan.ndjson", folder=machine) for machine in machines]
        for twin in twins:
            _, stderr = twin.communicate(timeout=120)
            self.assertEqual(twin.returncode, 0, stderr)
        code, stderr = self.run_longhaul("verify", "plan.ndjson")
        self.assertEqual(code, 0, stderr)
        self.assertEqual(self.run_longhaul("verify", "plan.ndjson", "--cat", stdout=True), expected)
        objects = store.list_objects_v2(Bucket=self.bucket, Prefix="out/")["Contents"]
        self.assertEqual(len(objects), 7)
        self.assert_clean()

    def test_objects_of_workers_that_are_killed_are_there_once(self):
        self.assert_workers('type = "ndjson"', self.state())

    def test_tables_of_workers_that_are_killed_are_there_once(self):
        shared = f'state_dir = "{self.folder.resolve()}/shared"\n'
        self.assert_workers('type = "csv"\ncolumns = ["/conversationId", "/conversationStart"]', shared)

    def test_parquet_files_of_killed_runs_arrive_once(self):
        sink = 'type = "parquet"\ncolumns = [{ name = "id", at = "/conversationId" }, { name = "all", at = "" }]'
        self.configure(sink)
        if "parquet" not in self.run_longhaul("sinks", stdout=True):
            self.skipTest("there is no plugin `parquet`")
        self.assert_killed(sink, 4)


if __name__ == "__main__":
    unittest.main(verbosity=2)
