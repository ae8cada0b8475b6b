"""The page in a real browser: trains one small model of each cell, serves their folder, and lets
Chromium walk through every view (tests/browser/), half of it beside the other, and Firefox where it is installed. Skipped only
where Chromium, node or their npm packages cannot be had."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CHARRNN = os.environ["CHARRNN"]
SOURCE = os.environ["CHARRNN_SOURCE"]
TESTS = os.path.join(SOURCE, "tests", "browser")
# Side by side; each of about the same length.
HALVES = (["every_view", "large_text", "scripts", "served", "trainings"], ["firefox_view", "write_view", "read_view", "inside_view", "memory_view", "train_view", "tour_view", "locked", "other_origin"])
TEXT = (
    "the goal is a computer capable of understanding the contents of documents (its language).\n"
    "natural language is read by a network, character by character; the network keeps a memory.\n"
    "recurrent neural networks (once commonly used) predict the next character of a text.\n"
)


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def prepare():
    if not shutil.which(os.environ.get("CHROMIUM", "chromium")):
        skip("chromium is not installed")
    node = shutil.which("node")
    if not node:
        skip("node is not installed")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    if int(re.match(r"v(\d+)", version).group(1)) < 18:
        skip(f"node {version.strip()} is older than 18")
    if not os.path.isdir(os.path.join(TESTS, "node_modules", "playwright-core")):
        npm = shutil.which("npm")
        done = npm and subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=TESTS, capture_output=True, text=True)
        if not done or done.returncode != 0:
            skip(f"the npm packages of tests/browser cannot be installed: {done.stderr.strip()[-300:] if done else 'no npm'}")


def train(folder):
    text = os.path.join(folder, "text.txt")
    with open(text, "w", encoding="utf-8") as file:
        file.write(TEXT * 20)
    runs = os.path.join(folder, "runs")
    for cell in ("rnn", "lstm", "gru"):
        # From standard input, the run keeps its text.
        command = [CHARRNN, "train", "-" if cell == "gru" else text, "--out", os.path.join(runs, cell), "--cell", cell, "--layers", "2", "--hidden-size", "48",
                   "--embedding-size", "16", "--seq-length", "32", "--batch-size", "16", "--steps", "120", "--sample-every", "40", "--seed", "1", "-q"]
        with open(text, encoding="utf-8") as file:
            subprocess.run(command, stdin=file, check=True)
    return runs


class EmptyPage(BaseHTTPRequestHandler):
    """A page of another origin than the server's."""

    def do_GET(self):
        body = b"<!doctype html><title>Another origin</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Half:
    """Some of the tests, with a browser, a copy of the runs and servers of their own: tests write runs and count listeners."""

    def __init__(self, folder, runs, names, other_port):
        os.mkdir(folder)
        # Browsers take localhost and 127.0.0.1 for different sites: the first may ask, the second may not.
        other_origin = f"http://localhost:{other_port}"
        allowed = ("--allowed-origins", other_origin + "/")
        self.runs = shutil.copytree(runs, os.path.join(folder, "runs"))
        self.log = open(os.path.join(folder, "server.log"), "w+", encoding="utf-8")
        self.said = open(os.path.join(folder, "tests.log"), "w+", encoding="utf-8")
        key_file = os.path.join(folder, "key")
        with open(key_file, "w", encoding="utf-8") as file:
            file.write("open sesame\n")
        self.servers = []
        self.url = self.serve(*allowed)
        locked_url = self.serve("--api-key-file", key_file, *allowed)
        environment = {**os.environ, "CHARRNN_URL": self.url, "CHARRNN_LOCKED_URL": locked_url, "CHARRNN_RUNS": self.runs,
                       "CHARRNN_OTHER_ORIGIN": other_origin, "CHARRNN_STRANGE_ORIGIN": f"http://127.0.0.1:{other_port}"}
        self.tests = subprocess.Popen(["node", "all.mjs", *names], cwd=TESTS, env=environment, stdout=self.said, stderr=subprocess.STDOUT)

    def serve(self, *options):
        server = subprocess.Popen([CHARRNN, "serve", self.runs, "--port", "0", "--json", *options], stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.servers.append(server)
        line = server.stdout.readline()
        if not line:
            raise SystemExit(f"the server ended with {server.wait()}")
        return json.loads(line)["url"] + "/"

    def close(self):
        self.tests.terminate()
        self.tests.wait()
        for one in self.servers:
            one.send_signal(signal.SIGTERM)
            one.wait(timeout=20)

    def print(self, failed):
        for file, title, most in (self.said, "", None), (self.log, "the server said:\n", 3000):
            file.seek(0)
            text = file.read()
            if file is self.said or failed:
                print(title + (text[-most:] if most else text))


def main():
    prepare()
    with tempfile.TemporaryDirectory() as folder:
        runs = train(folder)
        halves = []
        pages = ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage)
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        try:
            for number, names in enumerate(HALVES):
                halves.append(Half(os.path.join(folder, str(number)), runs, names, pages.server_port))
            with urllib.request.urlopen(halves[0].url) as reply:
                if b'id="page"' not in reply.read():
                    raise SystemExit("the server's page is not ours")
            codes = [half.tests.wait() for half in halves]
        finally:
            for half in halves:
                half.close()
            pages.shutdown()
        for half, code in zip(halves, codes):
            half.print(code != 0)
        sys.exit(any(codes))


main()
