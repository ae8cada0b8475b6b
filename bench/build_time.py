#!/usr/bin/python3
"""What building the program costs, in multiples of one fixed source, so that machines compare.

    bench/build_time.py [--jobs N] [-D…]

Builds the program from scratch in a temporary folder (without tests, without ccache) and adds up the processor time
of each compiler call. A unit is the processor time of compiling nlohmann/json.hpp and boost/beast.hpp with -O2: the
median of what it took during the build, once every twenty seconds. Prints the total, the kernel files and every other
object above half a unit. Words that begin with -D go to CMake.
"""

import argparse
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
UNIT = "#include <nlohmann/json.hpp>\n#include <boost/beast.hpp>\nint main() {}\n"


def processor_time(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(done.returncode)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def launch(log, command):
    """As the compiler's launcher: compiles and notes what it took."""
    took = processor_time(command)
    with open(log, "a") as lines:
        lines.write(f"{took:.2f} {command[command.index('-o') + 1]}\n")


def measure_units(folder, log, units, over):
    while not over.wait(20 if units else 0):
        launched = subprocess.run([sys.executable, __file__, "--launch", str(log), "g++", "-std=c++20", "-O2", "-c",
                                   str(folder / "unit.cc"), "-o", str(folder / "unit.o")])
        if launched.returncode != 0:
            os._exit(1)
        units.append(float(log.read_text().split()[-2]))


def build(folder, jobs, options):
    log = folder / "objects.log"
    log.touch()
    (folder / "unit.cc").write_text(UNIT)
    launcher = f"{sys.executable};{__file__};--launch;{log}"
    subprocess.run(["cmake", "-S", ROOT, "-B", folder / "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DCHARRNN_TESTS=OFF",
                    f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}", *options], check=True, stdout=subprocess.DEVNULL)
    units, over = [], threading.Event()
    meter = threading.Thread(target=measure_units, args=(folder, folder / "unit.log", units, over))
    begin = time.monotonic()
    meter.start()
    environment = {**os.environ, "CCACHE_DISABLE": "1"}
    done = subprocess.run(["ninja", "-C", folder / "build", f"-j{jobs}", "charrnn"], stdout=sys.stderr,
                          env=environment)
    wall = time.monotonic() - begin
    over.set()
    meter.join()
    if done.returncode != 0:
        sys.exit(done.returncode)
    objects = [line.split() for line in log.read_text().splitlines()]
    return [(float(took), name) for took, name in objects], statistics.median(units), wall


def is_kernel(name):
    return "/cpu/isa/isa_" in name


def main():
    if sys.argv[1:2] == ["--launch"]:
        return launch(sys.argv[2], sys.argv[3:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    arguments, options = parser.parse_known_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="charrnn-build-time-"))
    try:
        objects, unit, wall = build(folder, arguments.jobs, options)
    finally:
        shutil.rmtree(folder)
    total = sum(took for took, _ in objects)
    kernels = sum(took for took, name in objects if is_kernel(name))
    print(f"unit      {unit:7.2f} s of processor time")
    print(f"program   {total:7.1f} s = {total / unit:5.1f} units, {len(objects)} objects, {wall:.0f} s by the clock")
    print(f"kernels   {kernels:7.1f} s = {kernels / unit:5.1f} units")
    for took, name in sorted(objects, reverse=True):
        if took > unit / 2 and not is_kernel(name):
            print(f"          {took:7.1f} s = {took / unit:5.2f} units  {name.split('.dir/')[-1]}")


if __name__ == "__main__":
    main()
