#!/usr/bin/python3
"""The same work in charrnn and in PyTorch, interleaved in one run, as ratios.

    bench/compare_pytorch.py [--rounds 10] [--seconds 2] [--works notebook,lstm-2x512] [--json FILE]

PyTorch is whatever version this Python has (Debian: apt install python3-torch libopenblas0-pthread; without
OpenBLAS it falls back to the reference BLAS and is ten times slower). It is given the best of its settings:
first every setting is tried once for each work, then the best one meets charrnn in turn, round by round. Settings are
the number of threads, the BLAS kernels (an inherited OPENBLAS_CORETYPE would handicap it: it is unset, or SKYLAKEX),
ATen's widest instruction set, and how idle OpenMP threads wait. charrnn's f32 meets PyTorch's float32, its bf16 the
faster of that and of PyTorch's bfloat16 (autocast). Denormals are flushed, Adam is fused or foreach,
tensors are time-major, sampling runs in inference mode.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def network(cell, layers, hidden_size, vocabulary_size=96, streams=64, steps=64, kind="train"):
    return {"kind": kind, "cell": cell, "layers": layers, "hidden_size": hidden_size, "embedding_size": 64,
            "vocabulary_size": vocabulary_size, "streams": streams, "steps": steps}


WORKS = {
    "notebook": network("rnn", 2, 256, 31, 64, 40, "notebook"),
    "lstm-2x512": network("lstm", 2, 512),
    "gru-2x256": network("gru", 2, 256),
    "rnn-1x256": network("rnn", 1, 256),
    "lstm-2x128": network("lstm", 2, 128),
    "sample-notebook": network("rnn", 2, 256, 31, 1, 1, "sample"),
    "sample-lstm-2x512": network("lstm", 2, 512, 96, 1, 1, "sample"),
}


class Torch:
    """A worker process under one setting."""

    def __init__(self, setting):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("OPENBLAS_", "OMP_", "MKL_", "KMP_"))}
        environment.update({"WORKER_THREADS": str(setting["threads"]), "OPENBLAS_NUM_THREADS": str(setting["threads"]),
                            "OMP_NUM_THREADS": str(setting["threads"])})
        environment.update(setting["environment"])
        self.setting = setting
        self.process = subprocess.Popen([sys.executable, HERE / "pytorch_worker.py"], env=environment, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def run(self, work, seconds):
        self.process.stdin.write(f"{json.dumps(work)} {seconds}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        return json.loads(answer)["characters_per_second"] if answer else 0.0

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def settings(most_threads):
    flags = pathlib.Path("/proc/cpuinfo").read_text() if os.path.exists("/proc/cpuinfo") else ""
    widest = {"ATEN_CPU_CAPABILITY": "avx512"} if "avx512f" in flags else {}
    blas = [{}] + ([{"OPENBLAS_CORETYPE": "SKYLAKEX"}] if "avx512f" in flags else [])
    for threads in sorted({1, most_threads}):
        for core in blas:
            yield {"threads": threads, "environment": {**widest, **core}}
        if threads > 1:
            yield {"threads": threads, "environment": {**widest, "OMP_WAIT_POLICY": "PASSIVE"}}


def charrnn(program, work, precision, seconds, threads):
    if work["kind"] == "notebook":
        if precision != "f32":
            command = bench_command(program, {**work, "kind": "train"}, precision, seconds, threads)
            command += ["--objective", "last"]
            return bench(command)
        out = subprocess.run([program, "notebook", "--json", "--threads", str(threads), "--length", "0"], check=True,
                             capture_output=True)
        seconds_taken = json.loads(out.stdout)["seconds"]
        flops = 18 * 256 * 256 * 64 * 40 * 165
        return {"speed": 165 * 64 * 40 / seconds_taken, "flops": flops / seconds_taken, "peak": None}
    return bench(bench_command(program, work, precision, seconds, threads))


def bench_command(program, work, precision, seconds, threads):
    return [program, "bench", "--json", "--work", work["kind"], "--cell", work["cell"], "--layers", str(work["layers"]),
            "--hidden-size", str(work["hidden_size"]), "--embedding-size", str(work["embedding_size"]),
            "--vocabulary-size", str(work["vocabulary_size"]), "--batch-size", str(work["streams"]),
            "--seq-length", str(work["steps"]), "--precision", precision, "--rounds", "1", "--time", f"{seconds}s",
            "--threads", str(threads)]


def bench(command):
    result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    work = result["works"][0]
    return {"speed": work["characters_per_second"], "flops": work["flops_per_second"],
            "peak": work["flops_per_second"] / work["share_of_limit"] if work["share_of_limit"] else None,
            "share": work["share_of_limit"]}


def can(program, precision):
    """Whether this processor has the precision: where it has not, charrnn refuses it."""
    command = [program, "bench", "--work", "train", "--hidden-size", "16", "--precision", precision, "--rounds", "1",
               "--time", "0.01s"]
    return subprocess.run(command, capture_output=True).returncode == 0


def compare(name, work, options, threads):
    """Rounds of the best PyTorch setting for each precision of charrnn, and of charrnn, in turn."""
    precisions = options.precisions.split(",")
    tried = []
    for setting in settings(threads):
        # The notebook's 165 steps are tried on a few.
        trial = {**work, "kind": "train", "last_step": True} if work["kind"] == "notebook" else work
        for narrow in (False, True) if "bf16" in precisions else (False,):
            worker = Torch(setting)  # of its own: what PyTorch can't do ends it
            speed = worker.run({**trial, "bf16": narrow}, min(options.seconds, 1.0))
            tried.append((speed, {**setting, "bf16": narrow}))
            worker.close()
    best = {"f32": max((one for one in tried if not one[1]["bf16"]), key=lambda one: one[0])[1],
            "bf16": max(tried, key=lambda one: one[0])[1]}
    workers = {precision: Torch(best[precision]) for precision in precisions}
    rounds = []
    for _ in range(options.rounds):
        row = {}
        for precision, worker in workers.items():
            row["torch " + precision] = worker.run({**work, "bf16": best[precision]["bf16"]}, options.seconds)
            row[precision] = charrnn(options.charrnn, work, precision, options.seconds, threads)
        rounds.append(row)
    for worker in workers.values():
        worker.close()
    result = {"work": name, "torch_tried": [{"speed": s, **c} for s, c in tried]}
    for precision in precisions:
        theirs = "torch " + precision
        ratios = [row[precision]["speed"] / row[theirs] for row in rounds]
        shares = [row[precision]["share"] for row in rounds if row[precision].get("share")]
        result[precision] = {
            "torch_setting": best[precision],
            "torch_characters_per_second": statistics.median(row[theirs] for row in rounds),
            "characters_per_second": statistics.median(row[precision]["speed"] for row in rounds),
            "ratio": statistics.median(ratios), "lowest_ratio": min(ratios), "highest_ratio": max(ratios),
            "share_of_limit": statistics.median(shares) if shares else None}
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--works", default=",".join(WORKS))
    parser.add_argument("--precisions", default="f32,bf16")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--charrnn", default=str(HERE.parent / "build" / "charrnn"))
    parser.add_argument("--json")
    options = parser.parse_args()
    try:
        import torch
    except ImportError:
        sys.exit("compare_pytorch.py: this Python has no torch; on Debian: apt install python3-torch libopenblas0-pthread, then /usr/bin/python3")
    wanted = options.precisions.split(",")
    options.precisions = ",".join(precision for precision in wanted if can(options.charrnn, precision))
    if not options.precisions:
        sys.exit(f"compare_pytorch.py: this processor has none of {', '.join(wanted)}")
    print(f"PyTorch {torch.__version__}, {options.threads} threads for charrnn, load {os.getloadavg()[0]:.2f}, "
          f"{options.rounds} rounds of {options.seconds:g} s each\n")
    print(f"{'':22}{'':6}{'PyTorch':>12}  {'(its best setting)':34}{'charrnn':>12}{'ratio':>8}{'of limit':>10}")
    results = []
    for name in options.works.split(","):
        result = compare(name, WORKS[name], options, options.threads)
        results.append(result)
        for precision in options.precisions.split(","):
            mine = result[precision]
            setting = mine["torch_setting"]
            words = f"{setting['threads']} threads " + " ".join(
                [v for k, v in setting["environment"].items() if k != "ATEN_CPU_CAPABILITY"] +
                (["bfloat16"] if setting["bf16"] else []))
            share = f"{100 * mine['share_of_limit']:.0f} %" if mine["share_of_limit"] else ""
            print(f"{name:22}{precision:6}{mine['torch_characters_per_second']:12.0f}  {words:34}"
                  f"{mine['characters_per_second']:12.0f}{mine['ratio']:7.2f}x{share:>10}", flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"torch": torch.__version__, "results": results}, indent=1))


if __name__ == "__main__":
    main()
