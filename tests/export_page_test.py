"""Exported pages in a real browser, from their files: they write what `charrnn sample` writes and read as `charrnn eval` does
(tests/browser/exported.mjs). Skipped only where Chromium, node or their npm packages cannot be had."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

from npm_support import skip
from serve_support import CHARRNN, VOCABULARY, folder, write_model

TESTS = pathlib.Path(os.environ["CHARRNN_SOURCE"]) / "tests" / "browser"
TEXT = (
    "the goal is a computer capable of understanding the contents of documents (its language).\n"
    "natural language is read by a network, character by character; the network keeps a memory.\n"
)
SETTINGS = {"beginning": "", "temperature": 1, "topK": 0, "topP": 1, "minP": 0, "length": 300, "seed": 1, "stop": ""}
FLAGS = {"beginning": "--prompt", "temperature": "--temp", "topK": "--top-k", "topP": "--top-p", "minP": "--min-p", "length": "--predict",
         "seed": "--seed", "stop": "--stop"}


def prepare():
    if not shutil.which(os.environ.get("CHROMIUM", "chromium")):
        skip("chromium is not installed")
    if not shutil.which("node") or not shutil.which("npm"):
        skip("node and npm are not installed")
    if not (TESTS / "node_modules" / "playwright-core").is_dir():
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=TESTS, capture_output=True, text=True)
        if done.returncode:
            skip("the npm packages of tests/browser cannot be installed: " + done.stderr.strip()[-300:])


def charrnn(*words):
    return subprocess.run([CHARRNN, *map(str, words), "-q"], check=True, capture_output=True).stdout.decode()


class Pages:
    def __init__(self, scratch):
        self.scratch = scratch
        self.pages = []

    def add(self, name, model, *options, precision="f32", writes=(), reads=()):
        file = self.scratch / f"{name}.html"
        charrnn("export", model, file, "--precision", precision, *options)
        self.pages.append({"name": name, "url": file.as_uri(), "writes": [self.sample(model, **settings) for settings in writes],
                           "reads": [self.eval(model, text) for text in reads]})

    @staticmethod
    def sample(model, **given):
        settings = {**SETTINGS, **given}
        flags = [word for name, value in settings.items() if value != "" for word in (FLAGS[name], value)]
        found = json.loads(charrnn("sample", model, "--json", "--escape", *flags))
        return {"settings": settings, "text": found["prompt"] + found["text"]}

    def eval(self, model, text):
        file = self.scratch / "text.txt"
        file.write_text(text)
        return {"text": text, "bits": json.loads(charrnn("eval", model, file, "--json"))["bits_per_character"]}


def trained(scratch, cell, layers, *options):
    text, run = scratch / "train.txt", scratch / f"{cell}-{layers}"
    text.write_text(TEXT * 20)
    charrnn("train", text, "--out", run, "--cell", cell, "--layers", layers, "--hidden-size", 21, "--embedding-size", 7, "--seq-length", 32,
            "--batch-size", 16, "--steps", 60, "--seed", 1, *options)
    return run


def make(scratch):
    pages = Pages(scratch)
    writes = [
        {},
        {"beginning": "the goal", "temperature": 0.7, "topK": 9, "seed": str(2**64 - 1)},
        {"temperature": 1.3, "topP": 0.9, "minP": 0.02, "seed": 7},
        {"temperature": 0, "length": 50},
        {"stop": "th", "length": 2000, "seed": 5},
    ]
    reads = [TEXT, "a network of (documents)"]
    for cell, layers in (("rnn", 1), ("lstm", 2), ("gru", 3)):
        pages.add(cell, trained(scratch, cell, layers), writes=writes, reads=reads)
    pages.add("one-hot", trained(scratch, "gru", 1, "--one-hot"), writes=writes[:1], reads=reads)

    def model(name, **about):
        write_model(scratch / f"{name}.safetensors", cell="gru", hidden=10, **about)
        return scratch / f"{name}.safetensors"

    plain = model("plain")
    pages.add("f16", plain, precision="f16")
    pages.add("int8", plain, precision="int8")
    short = {"length": 20}
    pages.add("lines", model("lines", facts={"documents": "lines"}), "--title", "</title><script>alert(1)</script>\"&'", "--credits", "By <b>A</b>\n& B",
              writes=[short, {"beginning": "a\nb", **short}], reads=["ab\n\ncd\nABC"])
    lower = [c for c in VOCABULARY if c == c.lower()] + ["σ", "i"][:1]
    pages.add("lower", model("lower", vocabulary=lower, lowercase=True, facts={"newline": "lf"}), writes=[{"beginning": "ABΣ", **short}], reads=["XyZ Σ\nb"])
    octets = [chr(byte) for byte in (10, 32, 97, 98, 0xC3, 0xA9, 0xAF)]
    pages.add("bytes", model("bytes", vocabulary=octets, facts={"encoding": "bytes"}), reads=["aé bï\nab"])
    pages.add("rare", model("rare", vocabulary=[*VOCABULARY, "\ufffd"], facts={"min_count": "2"}), reads=["ab漢字c"])
    pages.add("hebrew", model("hebrew", vocabulary=[*VOCABULARY, *"אבגדהולםש"]), reads=["שלום"])
    return pages.pages


def main():
    prepare()
    with folder() as scratch:
        scratch = pathlib.Path(scratch)
        pages = scratch / "pages.json"
        pages.write_text(json.dumps(make(scratch)))
        result = subprocess.run(["node", "exported.mjs"], cwd=TESTS, env={**os.environ, "CHARRNN_PAGES": str(pages)})
    sys.exit(result.returncode)


main()
