#!/usr/bin/env python3
"""Does `charrnn train --time` end on time? Runs it on an idle machine and beside busy processes that come and go.

    bench/on_time.py TEXT [--budgets 10,30] [--rounds 3]

Prints the wall time of the whole program over the budget, and the losses that each reached.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

PROGRAM = pathlib.Path(__file__).resolve().parent.parent / "build" / "charrnn"


def burn(seconds_on, seconds_off, end):
    """Keeps a core busy for a while, rests for a while, until the end."""
    while time.monotonic() < end:
        stop = min(end, time.monotonic() + seconds_on)
        while time.monotonic() < stop:
            pass
        time.sleep(seconds_off)


def run(text, budget, loads):
    """Wall seconds and the loss of one run; loads: (seconds on, seconds off) of each busy process."""
    end = time.monotonic() + 1.2 * budget
    burners = [multiprocessing.Process(target=burn, args=(on, off, end)) for on, off in loads]
    for burner in burners:
        burner.start()
    folder = tempfile.mkdtemp(prefix="on_time")
    try:
        start = time.monotonic()
        done = subprocess.run([str(PROGRAM), "train", text, "--out", f"{folder}/run", "--time", f"{budget}s",
                               "--json", "-q"], capture_output=True, text=True, check=True)
        return time.monotonic() - start, json.loads(done.stdout)["best_validation_loss"]
    finally:
        for burner in burners:
            burner.terminate()
            burner.join()
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text")
    parser.add_argument("--budgets", default="10,30")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    loads = {"nothing else": [], "a busy process a core": [(1e9, 0)] * cores,
             "one that comes and goes": [(3, 4)] * cores}
    print(f"load average {os.getloadavg()[0]:.1f}, {cores} cores")
    for budget in [int(word) for word in given.budgets.split(",")]:
        for name, load in loads.items():
            results = [run(given.text, budget, load) for _ in range(given.rounds)]
            over = [100 * (seconds / budget - 1) for seconds, _ in results]
            print(f"--time {budget}s beside {name}: {min(over):+.1f} % to {max(over):+.1f} % of the budget, "
                  f"loss {statistics.median(loss for _, loss in results):.3f}", flush=True)


if __name__ == "__main__":
    main()
