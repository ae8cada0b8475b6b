"""The program of a Release build is hardened: what the compiler and the linker were asked for is in it."""

import os
import pathlib
import re
import subprocess
import sys

BUILD = pathlib.Path(os.environ["CHARRNN_BUILD"])


def readelf(*options):
    return subprocess.run(["readelf", "-W", *options, os.environ["CHARRNN"]], check=True, capture_output=True,
                          text=True).stdout


def main():
    cache = (BUILD / "CMakeCache.txt").read_text()
    if "CMAKE_BUILD_TYPE:STRING=Release" not in cache:
        print("skipped: not a Release build")
        return 77
    header, segments, dynamic, imports = readelf("-h"), readelf("-l"), readelf("-d"), readelf("--dyn-syms")
    stack = re.search(r"GNU_STACK.* (R\S*) +0x", segments)
    expected = {
        "its own place in memory at each start (PIE)": "DYN" in header,
        "no stack that can be executed": stack is not None and stack[1] == "RW",
        "read-only relocations": "GNU_RELRO" in segments and "BIND_NOW" in dynamic + segments,
        "stack protector": "__stack_chk_fail" in imports,
        "bounds of what libc copies": re.search(r"__\w+_chk", imports.replace("__stack_chk_fail", "")) is not None,
        "bounds of vectors": "__glibcxx_assert_fail" in imports,
    }
    missing = [what for what, there in expected.items() if not there]
    for what in missing:
        print("FAILED:", what)
    return len(missing)


if __name__ == "__main__":
    sys.exit(main())
