"""How fast longhaul pulls records into a bucket, and how fast boto3 uploads the same bytes.

Three programs run beside each other, because this one would slow them down: the API, which sends pages of a file, the store,
which counts what it gets and forgets it, and the uploader. The store is not moto, which would be the slowest of them.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import re
import socketserver
import statistics
import subprocess
import sys
import time

LONGHAUL = os.environ["LONGHAUL"]
RECORDS_PER_PAGE = 2000
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "the-secret-key"}

UPLOAD = """
import sys, time, boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
endpoint, name, is_light = sys.argv[1], sys.argv[2], sys.argv[3] == "light"
light = {"request_checksum_calculation": "when_required", "s3": {"payload_signing_enabled": False}} if is_light else {}
client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", config=Config(**light))
start = time.monotonic()
client.upload_file(name, "data", "items", Config=TransferConfig(multipart_chunksize=8 << 20))
print(time.monotonic() - start)
"""


class Handler(socketserver.StreamRequestHandler):
    rbufsize = 1 << 20
    disable_nagle_algorithm = True

    def handle(self):
        while line := self.rfile.readline():
            method, path, _ = line.decode().split(" ", 2)
            headers = {}
            while (line := self.rfile.readline().strip()):
                name, value = line.decode().split(":", 1)
                headers[name.lower()] = value.strip()
            if headers.get("expect"):
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.answer(method, path, headers)

    def send(self, body, headers=""):
        self.wfile.write(f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n{headers}\r\n{body}".encode())


class Store(Handler):
    def answer(self, method, path, headers):
        left = int(headers.get("content-length", 0))
        with self.server.received.get_lock():
            if "partNumber" in path:
                self.server.received.value += int(headers.get("x-amz-decoded-content-length", left))
        buffer = memoryview(bytearray(1 << 20))
        while left > 0:
            left -= self.rfile.readinto(buffer[:left])
        # As if it had compared the checksums. That would take time from both uploaders.
        sums = "".join(f"{name}: {headers[name]}\r\n" for name in headers if name.startswith("x-amz-checksum-"))
        if method == "POST" and "uploadId" in path:
            self.send("<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")
        elif method == "POST":
            self.send("<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>", sums)
        elif method == "GET":
            self.send("<ListMultipartUploadsResult></ListMultipartUploadsResult>")
        else:
            self.send("", f'etag: "part"\r\n{sums}')


class Api(Handler):
    def answer(self, method, path, headers):
        number = int(re.search(r"page=(\d+)", path).group(1)) if "page=" in path else 1
        start, length = self.server.pages[number - 1]
        self.wfile.write(f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n".encode())
        with open("pages", "rb") as pages:
            self.connection.sendfile(pages, start, length)


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        """A client that has closed its connection."""


def serve(handler, **attributes):
    """Starts a server in a process of its own, and returns its URL."""
    server = Server(("127.0.0.1", 0), handler)
    vars(server).update(attributes)
    multiprocessing.Process(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def generate(size):
    """Writes the pages of the API, and the records as longhaul writes them. Returns where each page is."""
    text, pages, written, number = "x" * 900, [], 0, 0
    with open("pages", "wb") as out, open("records", "wb") as records:
        count = -(-size // (RECORDS_PER_PAGE * 940))
        for page in range(count):
            lines = [b'{"id":%d,"name":"%s"}' % (number + index, text.encode()) for index in range(RECORDS_PER_PAGE)]
            number += RECORDS_PER_PAGE
            records.write(b"\n".join(lines) + b"\n")
            whole = b'{"pages":%d,"items":[%s]}' % (count, b",".join(lines))
            out.write(whole)
            pages.append((written, len(whole)))
            written += len(whole)
    return pages


def measure(command, environment):
    """Seconds, seconds of CPU, the peak of memory in MiB, and what was printed."""
    start = time.monotonic()
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True)
    printed = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, printed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=1_000_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    pages = generate(arguments.bytes)
    size = os.path.getsize("records")
    received = multiprocessing.Value("q")
    api, store = serve(Api, pages=pages), serve(Store, received=received)
    pathlib.Path("longhaul.toml").write_text(f"""
[api]
base_url = "{api}"
allow_http = true
[auth]
type = "none"
[stores.s3]
endpoint = "{store}"
[streams.items]
path = "/items"
records = "/items"
pages = {{ type = "page_number", param = "page", page_count = "/pages" }}
sinks = ["out"]
[sinks.out]
type = "ndjson"
path = "s3://data/items"
""")
    python = [sys.executable, "-c", UPLOAD, store, "records"]
    commands = {
        "longhaul": [LONGHAUL, "run", "--quiet", "--fresh", "items"],
        "boto3": [*python, "default"],
        "boto3, no checksums": [*python, "light"],
    }
    measured = {name: [] for name in commands}
    for _ in range(arguments.rounds):
        for name, command in commands.items():
            received.value = 0
            seconds, cpu, memory, printed = measure(command, KEYS)
            if received.value != size:
                sys.exit(f"{name}: {received.value} of {size} bytes arrived")
            # Python needs a while to start, which is not what is measured.
            measured[name].append((float(printed) if printed.strip() else seconds, cpu, memory))
    print(f"{size / 1e6:.0f} MB, {len(pages)} pages, median of {arguments.rounds}, load {os.getloadavg()[0]:.1f}")
    rates = {}
    for name, rounds in measured.items():
        seconds, cpu, memory = (statistics.median(column) for column in zip(*rounds))
        rates[name] = size / 1e6 / seconds
        print(f"{name:20} {rates[name]:6.0f} MB/s   {cpu:5.2f} s of CPU   {memory:5.0f} MiB")
    for name in list(rates)[1:]:
        print(f"longhaul / {name}: {100 * rates['longhaul'] / rates[name]:.0f} %")


if __name__ == "__main__":
    main()
