#!/usr/bin/python3
"""Training beside other work: does throughput fall in proportion to the processor time that is left?

    bench/under_load.py [--rounds 5] [--seconds 2] [--busy N] [-- OPTION OF charrnn bench…]

Each round trains alone and then with busy loops, one on each core (or N). A row tells the characters a second, the
cores that training got (its processor time by the clock), and the characters a second of processor time: that figure
stays the same where threads lose nothing but their share, and collapses where they wait for each other in vain.
Medians over the rounds. What else runs on the machine takes its share from both.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

CHARRNN = pathlib.Path(__file__).resolve().parent.parent / "build" / "charrnn"
WORK = ["--work", "train", "--cell", "rnn", "--layers", "1", "--hidden-size", "256"]


def measure(work, seconds):
    command = [CHARRNN, "bench", *work, "--rounds", "1", "--time", f"{seconds}s", "--json"]
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"charrnn bench failed with exit code {process.returncode}")
    cores = (usage.ru_utime + usage.ru_stime) / (time.monotonic() - start)
    speed = json.loads(output)["works"][0]["characters_per_second"]
    return speed, cores, speed / cores


def measure_beside(busy, work, seconds):
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
    try:
        return measure(work, seconds)
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--busy", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("work", nargs="*", help="options of charrnn bench, after --")
    arguments = parser.parse_args()
    work = arguments.work or WORK
    rows = {"alone": [], f"{arguments.busy} busy loops": []}
    for _ in range(arguments.rounds):
        for busy, row in zip((0, arguments.busy), rows.values()):
            row.append(measure_beside(busy, work, arguments.seconds))
    print(" ".join(work))
    print(f"{'':<16}{'characters/s':>14}{'cores':>8}{'characters/s and core':>24}")
    medians = {name: [statistics.median(column) for column in zip(*row)] for name, row in rows.items()}
    for name, (speed, cores, each) in medians.items():
        print(f"{name:<16}{speed:>14,.0f}{cores:>8.2f}{each:>24,.0f}")
    alone, beside = medians.values()
    print(f"Throughput fell to {beside[0] / alone[0]:.0%}, processor time to {beside[1] / alone[1]:.0%}.")


if __name__ == "__main__":
    main()
