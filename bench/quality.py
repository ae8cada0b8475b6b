#!/usr/bin/env python3
"""Trains one setting against another and prints what each gave: the tables of docs/quality.md.

    bench/quality.py PLAN.toml --data FOLDER [--results FILE.jsonl] [--only NAME,…] [--seeds 1,2,3] [--jobs 2] [--table]

A plan (bench/quality/*.toml) names texts in the folder, options that all runs share, and rows of options that differ:

    seeds = [1, 2, 3]
    [texts]
    shakespeare = {file = "tinyshakespeare.txt"}
    short = {file = "tinyshakespeare.txt", bytes = 22000}   # its beginning
    [options]
    epochs = 3
    [rows.base]
    [rows.dropout]
    dropout = 0.2

Each run is appended to the results file when it ends, and a run that stands there is not made again. Runs are
counted in steps or epochs, so the figures do not depend on what else the machine does; seconds do.
"""

import argparse
import concurrent.futures
import json
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build" / "charrnn"


def arguments(options):
    words = []
    for name, value in options.items():
        if value is True:
            words.append(f"--{name}")
        elif value is not False:
            words += [f"--{name}", str(value)]
    return words


def beginning(data, text, folder):
    """The text's file, or its beginning in a file of its own (cut at a whole character)."""
    path = data / text["file"]
    if "bytes" not in text:
        return path
    cut = pathlib.Path(folder) / "text.txt"
    cut.write_text(path.read_bytes()[:text["bytes"]].decode(errors="ignore"))
    return cut


def train(data, text, options, seed):
    """One run; its result as `charrnn train --json` gives it."""
    folder = tempfile.mkdtemp(prefix="quality")
    text = beginning(data, text, folder)
    command = [str(PROGRAM), "train", str(text), "--out", f"{folder}/run", "--seed", str(seed),
               "--json", "-q", *arguments(options)]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
        return json.loads(done.stdout)
    finally:
        shutil.rmtree(folder)


def key(name, text, seed):
    return f"{name}/{text}/{seed}"


def read_results(path):
    if not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return {key(line["row"], line["text"], line["seed"]): line for line in lines}


def print_table(plan, results):
    texts = list(plan["texts"])
    print("| |" + "".join(f" {text} |" for text in texts))
    print("|---|" + "---|" * len(texts))
    for name in plan["rows"]:
        cells = []
        for text in texts:
            losses = [line["best_validation_loss"] for line in results.values()
                      if line["row"] == name and line["text"] == text]
            losses = [loss for loss in losses if loss is not None]
            if not losses:
                cells.append("")
            elif len(losses) == 1:
                cells.append(f"{losses[0]:.4f}")
            else:
                cells.append(f"{statistics.median(losses):.4f} ({min(losses):.4f} to {max(losses):.4f})")
        print(f"| {name} |" + "".join(f" {cell} |" for cell in cells))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plan", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, default=".", help="the folder of the texts")
    parser.add_argument("--results", type=pathlib.Path)
    parser.add_argument("--only", help="rows, separated by commas")
    parser.add_argument("--texts", help="texts, separated by commas")
    parser.add_argument("--seeds", help="instead of the plan's")
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side, each on one thread where more than 1")
    parser.add_argument("--table", action="store_true", help="print the table of what is there, run nothing")
    arguments_given = parser.parse_args()
    plan = tomllib.loads(arguments_given.plan.read_text())
    path = arguments_given.results or pathlib.Path(arguments_given.plan.stem + ".jsonl")
    seeds = plan.get("seeds", [1])
    if arguments_given.seeds:
        seeds = [int(seed) for seed in arguments_given.seeds.split(",")]
    rows = arguments_given.only.split(",") if arguments_given.only else list(plan["rows"])
    texts = arguments_given.texts.split(",") if arguments_given.texts else list(plan["texts"])
    done = read_results(path)
    runs = [(name, text, seed) for seed in seeds for text in texts for name in rows
            if key(name, text, seed) not in done]

    def run(name, text, seed):
        options = plan.get("options", {}) | plan["rows"][name]
        threads = {"threads": 1} if arguments_given.jobs > 1 else {}
        result = train(arguments_given.data, plan["texts"][text], options | threads, seed)
        line = {"row": name, "text": text, "seed": seed, "options": options} | result
        with path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(f"{name:24} {text:14} seed {seed}: {result['best_validation_loss']:.4f} "
              f"({result['steps']} steps, {result['seconds']:.0f} s)", flush=True)

    if not arguments_given.table:
        with concurrent.futures.ThreadPoolExecutor(arguments_given.jobs) as pool:
            for future in [pool.submit(run, *one) for one in runs]:
                future.result()
    print_table(plan, read_results(path))


if __name__ == "__main__":
    main()
