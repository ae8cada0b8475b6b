"""What `charrnn bench` prints: for people, as JSON, for each instruction set. (How fast anything is plays no part.)"""

import json
import os
import subprocess
import sys

program = os.environ["CHARRNN"]
quick = ["--rounds", "1", "--time", "0.01s", "--hidden-size", "17", "--layers", "1", "--batch-size", "3", "--seq-length", "5"]
failures = []


def run(*words, **environment):
    return subprocess.run([program, "bench", *words], capture_output=True, text=True, timeout=300,
                          env={**os.environ, **environment})


def expect(name, condition, result):
    if not condition:
        failures.append(f"{name}\n  exit {result.returncode}\n  {result.stdout[:500]!r}\n  {result.stderr[:500]!r}")


def reports(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def main():
    for work in ("train", "sample", "evaluate"):
        for cell in ("rnn", "lstm", "gru"):
            result = run("--work", work, "--cell", cell, "--json", "--threads", "2", *quick)
            [report] = reports(result)
            [row] = report["works"]
            expect(f"{work} {cell}", result.returncode == 0 and row["name"].startswith(f"{work} {cell} 1x17")
                   and row["threads"] == 2 and row["characters_per_second"] > 0 and row["flops_per_second"] > 0
                   and row["share_of_limit"] > 0 and report["peak_flops_per_second"] > 0
                   and [level["level"] for level in report["bandwidths"]][:2] == ["L1", "L2"], result)
    result = run("--work", "train", *quick)
    expect("the table", "of limit" in result.stdout and "train lstm 1x17, batch 3 x 5" in result.stdout, result)

    result = run("--work", "train", "--every-isa", "--json", *quick)
    sets = [report["isa"] for report in reports(result)]
    expect("each instruction set once, portable the last", result.returncode == 0 and sets[-1] == "portable"
           and len(set(sets)) == len(sets), result)
    expect("the fastest first", reports(run("--work", "train", "--json", *quick))[0]["isa"] == sets[0], result)
    for number, name in enumerate(sets):
        result = run("--work", "train", "--every-isa", "--json", *quick, CHARRNN_ISA=name)
        expect(f"those up to {name}", [report["isa"] for report in reports(result)] == sets[number:], result)
        result = run("--work", "train", "--json", *quick, CHARRNN_ISA=name)
        expect(f"{name} where it is the limit", [report["isa"] for report in reports(result)] == [name], result)
        for faster in sets[:number]:
            result = run("--work", "train", "--isa", faster, *quick, CHARRNN_ISA=name)
            expect(f"no {faster} beyond {name}", result.returncode == 2 and f"instruction set {faster}" in result.stderr
                   and "CHARRNN_ISA" in result.stderr and len(result.stderr.splitlines()) == 2, result)
    result = run("--work", "train", "--every-isa", "--precision", "bf16", "--json", *quick)
    rows = [report["works"][0] for report in reports(result)]
    expect("those with bf16", result.returncode == 0 and rows and all(row["precision"] == "bf16" for row in rows), result)
    result = run("--work", "train", "--device", "cuda", "--json", *quick)
    if result.returncode == 2:
        expect("why there is no GPU", '"no_cuda"' in result.stderr and "No GPU: " in run("--work", "train", *quick).stdout, result)
    else:
        [report] = reports(result)
        [row] = report["works"]
        expect("a GPU has no limit", row["device"] == "cuda" and row["isa"] == report["isa"] and row["share_of_limit"] is None
               and report["peak_flops_per_second"] is None and row["characters_per_second"] > 0, result)
        table = run("--work", "train", "--device", "cuda", *quick).stdout
        expect("nor in the table", table.startswith(report["isa"] + "\n") and "of limit" not in table, result)
    result = run("--every-isa", "--device", "cuda")
    expect("not with a GPU", result.returncode == 2, result)
    result = run("--every-isa", "--isa", "portable")
    expect("not with --isa", result.returncode == 2 and "exclude each other" in result.stderr, result)
    print("\n".join(failures) or f"bench measures {', '.join(sets)}")
    return 1 if failures else 0


sys.exit(main())
