"""Packages for Node in a folder of the build, at the versions of a lock file in the tree."""

import os
import pathlib
import shutil
import subprocess
import sys


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def installed(name):
    """The folder with the files of tests/NAME and their packages, which are fetched once. Skips the test where they can't be had."""
    sources = pathlib.Path(os.environ["CHARRNN_SOURCE"]) / "tests" / name
    place = pathlib.Path(os.environ["CHARRNN_BUILD"]) / f"{name}_test"
    if not shutil.which("node") or not shutil.which("npm"):
        skip("node and npm are not installed")
    place.mkdir(exist_ok=True)
    for script in sources.glob("*.mjs"):
        shutil.copy(script, place)
    lock, done = sources / "package-lock.json", place / "package-lock.json"
    if (place / "node_modules").is_dir() and done.is_file() and done.read_bytes() == lock.read_bytes():
        return place
    for file in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(sources / file, place)
    result = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--fetch-retries=1"], cwd=place, capture_output=True, text=True)
    if result.returncode:
        done.unlink()
        skip("npm cannot fetch the packages: " + result.stderr.strip()[-300:])
    return place
