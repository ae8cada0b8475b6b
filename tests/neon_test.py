"""The NEON kernels and the engine on them, built with Debian's cross compiler and run under qemu.

Single kernels against obvious loops, and the whole engine against the reference, as on this machine's own
processor. Emulated, all of them take ten minutes: every fifth is run, and all where CHARRNN_LONG_TESTS is set, as
scripts/test.sh all does. Skipped where the compiler or the emulator is missing, and on an Arm machine, which runs these
tests as they are.
"""

import os
import pathlib
import platform
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(os.environ["CHARRNN_SOURCE"])
BUILD = pathlib.Path(os.environ["CHARRNN_BUILD"]) / "neon"
COMPILER = "aarch64-linux-gnu-g++"
EMULATOR = "qemu-aarch64-static"


def main():
    if platform.machine() == "aarch64":
        print("skipped: the tests of this machine run on NEON")
        return 77
    for program, package in (COMPILER, "g++-aarch64-linux-gnu"), (EMULATOR, "qemu-user-static"):
        if not shutil.which(program):
            print(f"skipped: no {program} here (apt install {package})")
            return 77
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    subprocess.run(["cmake", "-G", "Ninja", "-S", SOURCE / "tests" / "neon", "-B", BUILD, *launcher], check=True)
    subprocess.run(["cmake", "--build", BUILD], check=True)
    shards = {} if os.environ.get("CHARRNN_LONG_TESTS") else {"GTEST_TOTAL_SHARDS": "5", "GTEST_SHARD_INDEX": "2"}
    tests = subprocess.run([EMULATOR, BUILD / "neon_test", "--gtest_filter=*neon*", "--gtest_brief=1"], check=False,
                           env={**os.environ, **shards}, capture_output=True, text=True)
    print(tests.stdout[-4000:], tests.stderr[-4000:])
    if " PASSED " not in tests.stdout or "0 tests ran" in tests.stdout or " 0 tests from" in tests.stdout:
        return 1
    return tests.returncode


if __name__ == "__main__":
    sys.exit(main())
