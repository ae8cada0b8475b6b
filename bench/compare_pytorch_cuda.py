#!/usr/bin/env python3
"""The same training in charrnn and in PyTorch with cuDNN on one GPU, interleaved in one run, as ratios.

    bench/compare_pytorch_cuda.py [--rounds 3] [--seconds 0.3] [--works 'lstm-2x512-*,notebook'] [--json FILE]

PyTorch (2.2 or later, with CUDA) is whatever version this Python has. It is given the best of its settings: each is
tried once for each work, then the best in float32 (TF32 allowed) and the best in float16 or bfloat16 meet charrnn in
turn, round by round: the first beside charrnn's f32, the faster of the two beside charrnn's bf16. Settings are
- the type: float32, float16 with a constant loss scale, bfloat16;
- one module of all layers, or one a layer; an embedding of 128 ("wide"): cuDNN keeps the weights of float16 on the chip
  for single layers only whose sizes are multiples of 128;
- the embedding as a gather or as a product with one-hot rows;
- copies of float32 weights, or autocast.
A whole step is one CUDA graph: forward, loss, backward, clipping, fused Adam. What cannot be captured runs without. Ids
are uploaded from pinned memory in each step. The loss is read after each step, as charrnn does, for half of a round;
in the other half the host runs ahead, and the faster half counts.

--device cpu tries the logic alone, in float32 and without graphs.
"""

import argparse
import fnmatch
import json
import math
import os
import pathlib
import re
import statistics
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 120  # seconds until a worker that says nothing is ended


def network(cell, layers, hidden_size, streams=64, steps=64, vocabulary_size=96, last_step=False):
    return {"cell": cell, "layers": layers, "hidden_size": hidden_size, "embedding_size": 64,
            "vocabulary_size": vocabulary_size, "streams": streams, "steps": steps, "last_step": last_step}


WORKS = {f"lstm-{layers}x{hidden}-{streams}x{steps}": network("lstm", layers, hidden, streams, steps)
         for steps in (64, 1024) for layers, hidden in ((2, 512), (1, 768)) for streams in (16, 64, 128)}
WORKS["gru-2x256-64x64"] = network("gru", 2, 256)
WORKS["notebook"] = network("rnn", 2, 256, 64, 40, 31, True)


def wanted_works(patterns):
    """The listed works that match, and those whose names say sizes that are not listed."""
    works = {}
    for pattern in patterns.split(","):
        listed = [name for name in WORKS if fnmatch.fnmatch(name, pattern)]
        sizes = re.fullmatch(r"(rnn|gru|lstm)-(\d+)x(\d+)-(\d+)x(\d+)", pattern)
        if not listed and not sizes:
            sys.exit(f"compare_pytorch_cuda.py: no work is called {pattern}; there are {', '.join(WORKS)}, and any "
                     "CELL-LAYERSxUNITS-STREAMSxSTEPS")
        works.update((name, WORKS[name]) for name in listed)
        if sizes and not listed:
            works[pattern] = network(sizes[1], *map(int, sizes.groups()[1:]))
    return works


def setting(dtype, layout, wide=False):
    return {"dtype": dtype, "layout": layout, "wide": wide, "one_hot": False, "autocast": False, "graph": True}


def words(chosen):
    options = [chosen["layout"]] + [name for name in ("wide", "one_hot", "autocast") if chosen[name]]
    return " ".join([{"f32": "tf32"}.get(chosen["dtype"], chosen["dtype"])] + options +
                    ([] if chosen["graph"] else ["no graph"]))


def complain(name, answer):
    print(f"  {name}: {answer['error']}", file=sys.stderr, flush=True)


def candidates(work, precision):
    layouts = ["stack", "whole"] if work["layers"] > 1 else ["stack"]  # of one layer they are the same
    if precision == "f32":
        return [setting("f32", layout) for layout in layouts]
    persistent = [setting("f16", "stack", True)] if work["cell"] != "gru" and work["hidden_size"] % 128 == 0 else []
    return persistent + [setting(dtype, layout) for dtype in ("f16", "bf16") for layout in layouts]


class Torch:
    """The worker process; it is started anew after an error."""

    def __init__(self, device):
        self.device = device
        self.process = None
        self.broken = {}  # cell and setting → its error; it is not tried again with another work
        self.facts = self.start()

    def start(self):
        environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
        self.process = subprocess.Popen([sys.executable, HERE / "pytorch_cuda_worker.py", self.device], text=True,
                                        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        facts = self.line()
        if "error" in facts:
            sys.exit(f"compare_pytorch_cuda.py: PyTorch's worker does not start: {facts['error']}")
        return facts

    def line(self):
        timer = threading.Timer(PATIENCE, self.process.kill)
        timer.start()
        answer = self.process.stdout.readline()
        timer.cancel()
        return json.loads(answer) if answer else {"error": "the worker ended, or said nothing for long"}

    def ask(self, work, chosen, seconds):
        if self.process.poll() is not None:
            self.start()
        try:
            self.process.stdin.write(json.dumps({"work": work, "setting": chosen, "seconds": seconds}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the answer says so
        answer = self.line()
        if "error" in answer and not answer.get("unsuited"):
            self.process.kill()
            self.process.wait()
        return answer

    def attempt(self, work, chosen, seconds):
        """The setting with or, where that fails, without a graph, and what it answered."""
        while True:
            key = work["cell"] + json.dumps(chosen)
            if key in self.broken:
                answer = self.broken[key]
            else:
                answer = self.ask(work, chosen, seconds)
                if "error" not in answer and not math.isfinite(answer["loss"]):
                    answer = {"error": f"the loss became {answer['loss']}"}
                if "error" in answer:
                    self.broken[key] = answer
                    complain(words(chosen), answer)
            if not answer.get("capture"):
                return chosen, answer
            chosen = {**chosen, "graph": False}

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def best_setting(torch, work, precision, seconds):
    """The fastest setting for this work, or None, and all that were tried."""
    tried = []

    def attempt(chosen):
        chosen, answer = torch.attempt(work, chosen, seconds)
        tried.append({"setting": words(chosen), **answer})
        return faster(answer), chosen

    best = max((attempt(chosen) for chosen in candidates(work, precision)), key=lambda one: one[0])
    for change in ("one_hot", "autocast"):
        # Autocast casts to float16 for cuDNN whatever it is asked for.
        if best[0] > 0 and (change != "autocast" or best[1]["dtype"] == "f16"):
            best = max(best, attempt({**best[1], change: True}), key=lambda one: one[0])
    return (best[1] if best[0] > 0 else None), tried


def faster(answer):
    return max(answer.get("read", 0.0), answer.get("ahead", 0.0))


def charrnn(options, work, precision):
    command = [options.charrnn, "bench", "--json", "--device", options.device, "--work", "train",
               "--cell", work["cell"], "--layers", str(work["layers"]), "--hidden-size", str(work["hidden_size"]),
               "--embedding-size", str(work["embedding_size"]), "--vocabulary-size", str(work["vocabulary_size"]),
               "--batch-size", str(work["streams"]), "--seq-length", str(work["steps"]), "--precision", precision,
               "--rounds", "1", "--time", f"{options.seconds}s"]
    command += ["--objective", "last"] if work["last_step"] else []
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        result = json.loads(done.stdout)["works"][0] if done.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired, ValueError, LookupError) as error:
        return {"error": str(error)}
    return result or {"error": done.stderr.strip()}


def compare(torch, name, work, options):
    precisions = [p for p in options.precisions.split(",") if p == "f32" or not work["last_step"]]
    best, tried = {}, []
    for precision in precisions if options.device == "cuda" else ["f32"]:
        best[precision], some = best_setting(torch, work, precision, options.trial)
        tried += some
    rounds = []
    for _ in range(options.rounds):
        row = {}
        for precision in precisions:
            if best.get(precision):
                row["torch " + precision] = torch.ask(work, best[precision], options.seconds)
            row["charrnn " + precision] = charrnn(options, work, precision)
        rounds.append(row)
        for who, answer in row.items():
            if "error" in answer:
                complain(f"{name}, {who}", answer)
    return {"work": name, "settings": {p: words(s) for p, s in best.items() if s}, "tried": tried, "rounds": rounds,
            "results": {precision: summary(rounds, precision, best) for precision in precisions}}


def summary(rounds, precision, best):
    """charrnn beside PyTorch: f32 beside float32 (TF32), bf16 beside the faster of float32 and the narrow types."""
    of = {p: statistics.median([faster(row.get("torch " + p, {})) for row in rounds])
          for p in best if best[p] and (p == "f32" or precision != "f32")}
    opponent = max(of, key=of.get) if of else None
    answers = [row.get(f"torch {opponent}", {}) for row in rounds]
    theirs = [faster(answer) for answer in answers]
    mine = [row["charrnn " + precision].get("characters_per_second", 0.0) for row in rounds]
    ratios = [m / t for m, t in zip(mine, theirs) if m and t]
    return {"torch_setting": words(best[opponent]) if opponent else None,
            "torch_best": max(theirs), "torch_median": statistics.median(theirs),
            "torch_median_read": statistics.median([answer.get("read", 0.0) for answer in answers]),
            "torch_median_ahead": statistics.median([answer.get("ahead", 0.0) for answer in answers]),
            "best": max(mine), "median": statistics.median(mine),
            "ratio_of_best": max(mine) / max(theirs) if max(theirs) else None,
            "ratio": statistics.median(ratios) if ratios else None,
            "lowest_ratio": min(ratios, default=None), "highest_ratio": max(ratios, default=None)}


def table_row(name, precision, result):
    def ratio(value):
        return f"{value:7.2f}x" if value else f"{'-':>8}"
    return (f"{name:21}{precision:5}{result['torch_best']:13.0f}{result['torch_median']:13.0f}"
            f"{result['torch_median_read']:13.0f}{result['best']:13.0f}{result['median']:13.0f}"
            f"{ratio(result['ratio_of_best'])}{ratio(result['ratio'])}  {result['torch_setting']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.3, help="of one round of one program")
    parser.add_argument("--trial", type=float, default=0.2, help="seconds that each setting of PyTorch is tried")
    parser.add_argument("--limit", type=float, default=math.inf, help="seconds after which no further work begins")
    parser.add_argument("--works", default="*", help="names or patterns, by commas, of: " + ", ".join(WORKS) +
                        "; and any CELL-LAYERSxUNITS-STREAMSxSTEPS")
    parser.add_argument("--precisions", default="f32,bf16", help="of charrnn; the notebook has f32 only")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--charrnn", default=str(HERE.parent / "build" / "charrnn"))
    parser.add_argument("--json")
    options = parser.parse_args()
    wanted = wanted_works(options.works)
    start = time.monotonic()
    torch = Torch(options.device)
    facts = {**torch.facts, "load": os.getloadavg()[0], "rounds": options.rounds, "seconds": options.seconds}
    print(f"{facts['device']}, PyTorch {facts['torch']}, cuDNN {facts['cudnn']}, load {facts['load']:.2f}, "
          f"{options.rounds} rounds of {options.seconds:g} s each, characters a second\n")
    print(f"{'':26}{'PyTorch':>13}{'':26}{'charrnn':>13}{'':13}{'ratio':>8}")
    print(f"{'':26}{'best':>13}{'median':>13}{'loss read':>13}{'best':>13}{'median':>13}{'best':>8}{'median':>8}"
          "  PyTorch's best setting", flush=True)
    results = []
    for name, work in wanted.items():
        if time.monotonic() - start > options.limit:
            print(f"{name}: left out, {options.limit:g} s are over")
            continue
        results.append(compare(torch, name, work, options))
        for precision, result in results[-1]["results"].items():
            print(table_row(name, precision, result), flush=True)
        if options.json:  # after each work: what was measured stays where the rest is cut off
            pathlib.Path(options.json).write_text(json.dumps({**facts, "results": results}, indent=1))
    torch.close()
    print(f"\n{time.monotonic() - start:.0f} s in all")


if __name__ == "__main__":
    main()
