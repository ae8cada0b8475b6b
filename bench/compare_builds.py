#!/usr/bin/python3
"""The speed of one build of charrnn beside another's, on this machine.

    bench/compare_builds.py OLD NEW [--rounds 9] [--time 0.5s] [-- OPTION OF charrnn bench…]

OLD and NEW are programs. Each round runs `charrnn bench` of one and then of the other, the first in turn, so that both
have the same neighbours; a row tells the median of the rounds' ratios (NEW / OLD, above 1 is faster), the lowest and
the highest of them, and the ratio of the best figures.
"""

import argparse
import json
import statistics
import subprocess
import sys


def measure(program, options):
    command = [program, "bench", "--rounds", "1", *options, "--json", "-q"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}")
    return {(work["name"], work["precision"]): work["characters_per_second"] for work in json.loads(done.stdout)["works"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--time", default="0.5s", help="of each work in a round")
    words = sys.argv[1:]
    end = words.index("--") if "--" in words else len(words)
    arguments = parser.parse_args(words[:end])
    options = ["--time", arguments.time, *words[end + 1:]]
    rounds = []
    for number in range(arguments.rounds):
        order = [arguments.old, arguments.new] if number % 2 == 0 else [arguments.new, arguments.old]
        rounds.append({program: measure(program, options) for program in order})
        print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
    print("median  lowest  highest  best    work")
    for work in rounds[0][arguments.new]:
        old = [figures[arguments.old].get(work) for figures in rounds]
        new = [figures[arguments.new][work] for figures in rounds]
        if None in old:
            continue
        ratios = [after / before for before, after in zip(old, new)]
        print(f"{statistics.median(ratios):.3f}   {min(ratios):.3f}   {max(ratios):.3f}    "
              f"{max(new) / max(old):.3f}   {' '.join(work)}")


if __name__ == "__main__":
    main()
