"""The Python wheel, installed in a fresh environment and used as its users would: every function of the package, its
errors, threads and Ctrl-C, the notebook in examples/, and PyTorch where it is installed."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(os.environ["CHARRNN_BUILD"])
SOURCE = pathlib.Path(os.environ["CHARRNN_SOURCE"])
ALLOWED = {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
failures = []


def check(holds, what):
    if not holds:
        failures.append(what)
        print("FAILED:", what)


def run(*words, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)


def make_wheel(out):
    done = run(sys.executable, SOURCE / "python/build_wheel.py", "--build", BUILD, "--out", out,
               env=dict(os.environ, SOURCE_DATE_EPOCH="1700000000"))
    check(done.returncode == 0, done.stderr)
    return pathlib.Path(done.stdout.strip())


def needs_only_the_c_library(binary, wheel):
    needed = {line.split("[")[1].rstrip("]") for line in run("readelf", "-d", binary).stdout.splitlines()
              if "(NEEDED)" in line}
    check("libc.so.6" in needed and needed <= ALLOWED, f"{binary.name} needs {sorted(needed - ALLOWED)}")
    versions = {word.strip("()") for line in run("objdump", "-T", binary).stdout.splitlines() for word in line.split()
                if word.strip("()").startswith("GLIBC_2.")}
    newest = max(tuple(int(part) for part in version.split("_")[1].split(".")) for version in versions)
    says = tuple(map(int, wheel.name.split("manylinux_")[1].split("_")[:2]))
    check((2, 36) <= says and newest <= says, f"{binary.name} needs glibc {newest}, {wheel.name} says {says}")


def main():
    if sys.platform != "linux" or not (BUILD / "wheel/libcharrnn.so").exists():
        print("skipped: the target wheel_files is not built")
        return 77
    with tempfile.TemporaryDirectory(prefix="charrnn-wheel-") as folder:
        here = pathlib.Path(folder)
        wheel = make_wheel(here / "dist")
        again = make_wheel(here / "again")
        check(wheel.read_bytes() == again.read_bytes(), "the same tree gives another wheel")
        made = run(sys.executable, "-m", "venv", "--system-site-packages", here / "venv")
        if made.returncode != 0:
            print("skipped: no environment can be made (Debian's package is python3-venv)")
            return 77
        python = here / "venv/bin/python"
        if run(python, "-c", "import numpy").returncode != 0:
            print("skipped: no numpy (Debian's package is python3-numpy)")
            return 77
        done = run(python, "-m", "pip", "install", "--no-index", "--no-deps", "-q", wheel)
        check(done.returncode == 0, f"pip: {done.stdout}{done.stderr}")
        package = next((here / "venv").glob("lib/python*/site-packages/charrnn"))
        needs_only_the_c_library(package / "libcharrnn.so", wheel)
        needs_only_the_c_library(here / "venv/bin/charrnn", wheel)
        for name in ("python_package_check.py", "python_torch_check.py"):
            done = run(python, SOURCE / "tests/python" / name, here / "venv/bin/charrnn",
                       SOURCE / "examples/notebook.ipynb", cwd=here)
            print(done.stdout[-4000:], done.stderr[-4000:], sep="")
            check(done.returncode == 0, f"{name}: exit code {done.returncode}")
        shutil.rmtree(here / "venv")
    return len(failures)


if __name__ == "__main__":
    sys.exit(main())
