"""The published OpenAI client for Node speaks to the server. Skipped where there is no node, npm or package registry."""

import os
import pathlib
import shutil
import subprocess
import sys

from serve_support import Server, folder, sample, write_model

sources = pathlib.Path(os.environ["CHARRNN_SOURCE"]) / "tests" / "openai"
place = pathlib.Path(os.environ["CHARRNN_BUILD"]) / "openai_test"


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def install():
    """The client at the version of the lock file, once."""
    if not shutil.which("node") or not shutil.which("npm"):
        skip("node and npm are not installed")
    place.mkdir(exist_ok=True)
    lock = sources / "package-lock.json"
    installed = place / "package-lock.json"
    shutil.copy(sources / "completions.mjs", place)
    if (place / "node_modules" / "openai").is_dir() and installed.read_bytes() == lock.read_bytes():
        return
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(sources / name, place)
    result = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--fetch-retries=1"], cwd=place, capture_output=True, text=True)
    if result.returncode:
        skip("npm cannot fetch the client: " + result.stderr.strip()[-300:])


install()
with folder() as scratch:
    model = pathlib.Path(scratch) / "small.safetensors"
    write_model(model)
    (expected,) = sample(model, "the ", 7, 40)
    with Server(model) as server:
        sys.exit(subprocess.run(["node", "completions.mjs", f"http://127.0.0.1:{server.port}", expected], cwd=place).returncode)
