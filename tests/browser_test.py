"""The page in a real browser: trains one small model of each cell, serves their folder, and lets
Chromium walk through every view (tests/browser/). Skipped only where Chromium, node or their npm
packages cannot be had."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request

CHARRNN = os.environ["CHARRNN"]
SOURCE = os.environ["CHARRNN_SOURCE"]
TESTS = os.path.join(SOURCE, "tests", "browser")
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
        command = [CHARRNN, "train", text, "--out", os.path.join(runs, cell), "--cell", cell, "--layers", "2", "--hidden-size", "48",
                   "--embedding-size", "16", "--seq-length", "32", "--batch-size", "16", "--steps", "120", "--sample-every", "40", "--seed", "1", "-q"]
        subprocess.run(command, check=True)
    return runs


def serve(runs, log, *options):
    server = subprocess.Popen([CHARRNN, "serve", runs, "--port", "0", "--json", *options], stdout=subprocess.PIPE, stderr=log, text=True)
    line = server.stdout.readline()
    if not line:
        raise SystemExit(f"the server ended with {server.wait()}")
    return server, json.loads(line)["url"] + "/"


def main():
    prepare()
    with tempfile.TemporaryDirectory() as folder, open(os.path.join(folder, "log"), "w+", encoding="utf-8") as log:
        runs = train(folder)
        key_file = os.path.join(folder, "key")
        with open(key_file, "w", encoding="utf-8") as file:
            file.write("open sesame\n")
        server, url = serve(runs, log)
        locked, locked_url = serve(runs, log, "--api-key-file", key_file)
        try:
            with urllib.request.urlopen(url) as reply:
                if b'id="page"' not in reply.read():
                    raise SystemExit("this program was built without the page: run scripts/page.sh and build again")
            code = subprocess.run(["node", "--test", "all.mjs"], cwd=TESTS, env={**os.environ, "CHARRNN_URL": url, "CHARRNN_LOCKED_URL": locked_url, "CHARRNN_RUNS": runs}).returncode
        finally:
            for one in (server, locked):
                one.send_signal(signal.SIGTERM)
                one.wait(timeout=20)
        if code != 0:
            log.seek(0)
            print("the server said:\n" + log.read()[-3000:])
        sys.exit(code)


main()
