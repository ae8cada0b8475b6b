"""Runs that move between GPU and CPU: killed on one, resumed on the other, read by both. Skipped where there is
no GPU. CHARRNN_GPU names another device to stand in for it, which tries this test itself."""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

program = os.environ["CHARRNN"]
gpu = os.environ.get("CHARRNN_GPU", "cuda")
draw = random.Random(12)
folder = pathlib.Path(tempfile.mkdtemp(prefix="charrnn-gpu-"))
text = folder / "text.txt"
words = "the of and to in that was his he it with is for as had you not be her on at by which".split()
text.write_text(" ".join(draw.choice(words) for _ in range(4000)) + "\n")
STEPS = 120
options = ["--layers", "2", "--hidden-size", "40", "--embedding-size", "16", "--batch-size", "6", "--seq-length", "20",
           "--steps", str(STEPS), "--epochs", "0", "--output-dropout", "0.1", "--average-decay", "0.9", "--eval-every", "40",
           "--report-every", "10", "--checkpoint-every", "10", "--patience", "0", "-q"]
failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def command(run, device, *more):
    return [program, "train", str(text), "-o", str(folder / run), "--device", device, *options, *more]


def reports(run):
    path = folder / run / "metrics.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")] if path.exists() else []


def train(run, device, *more):
    done = subprocess.run(command(run, device, *more), capture_output=True, text=True)
    check(done.returncode == 0, f"{run}: exit {done.returncode}: {done.stderr}")


def kill_half_way(run, device, *more):
    """SIGKILL after about a third of the steps; tells whether it was still running then."""
    process = subprocess.Popen(command(run, device, *more), stderr=subprocess.DEVNULL)
    while process.poll() is None and len(reports(run)) < 4:
        time.sleep(0.001)
    process.kill()
    process.wait()
    return process.returncode < 0


def losses(run):
    return {line["step"]: line["train_loss"] for line in reports(run) if "train_loss" in line}


def close(run, other, what):
    """The same course: float32 on both, so that only roundings differ."""
    mine, theirs = losses(run), losses(other)
    check(mine.keys() == theirs.keys() and STEPS in mine, f"{what}: steps {sorted(mine)} and {sorted(theirs)}")
    for step in mine.keys() & theirs.keys():
        check(abs(mine[step] - theirs[step]) < 0.01 * theirs[step], f"{what}: {mine[step]} and {theirs[step]} at {step}")


def moves(cell):
    kind = ["--cell", cell]
    train(f"{cell}-cpu", "cpu", *kind)
    train(f"{cell}-gpu", gpu, *kind)
    close(f"{cell}-gpu", f"{cell}-cpu", f"{cell} on both")
    kills = 0
    for first, second in ((gpu, "cpu"), ("cpu", gpu), (gpu, gpu)):
        run = f"{cell}-{first}-{second}-{kills}"
        kills += kill_half_way(run, first, *kind)
        train(run, second, *kind, "--resume")
        close(run, f"{cell}-cpu", f"{cell} from {first} to {second}")
    check(kills > 0, f"{cell}: no run was killed before its end")
    same = (folder / run / "model.safetensors").read_bytes() == (folder / f"{cell}-gpu" / "model.safetensors").read_bytes()
    check(same, f"{cell}: killed and gone on with on the GPU, and left alone there: the models differ")


def read_by_both(run):
    found = []
    for device in ("cpu", gpu):
        done = subprocess.run([program, "eval", str(folder / run), str(text), "--device", device, "--json"],
                              capture_output=True, text=True)
        check(done.returncode == 0, f"eval on {device}: {done.stderr}")
        found.append(json.loads(done.stdout)["loss"] if done.returncode == 0 else 0)
    check(abs(found[0] - found[1]) < 1e-4 * found[0], f"eval of {run}: {found[0]} and {found[1]}")


def has_gpu():
    done = subprocess.run([program, "bench", "--device", gpu, "--work", "train", "--hidden-size", "16", "--rounds", "1", "--time",
                           "0.01s"], capture_output=True, text=True)
    if done.returncode == 0:
        return True
    print("skipped:", done.stderr.splitlines()[0] if done.stderr else done.returncode)
    return False


if not has_gpu():
    sys.exit(77)
for cell in ("rnn", "lstm", "gru"):
    moves(cell)
    read_by_both(f"{cell}-gpu")
sys.exit(1 if failures else 0)
