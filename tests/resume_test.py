"""Runs of the real program that are killed, interrupted or short of disk, and go on: each must end with the same model as
a run that was left alone."""

import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

program = os.environ["CHARRNN"]
words = "the of and to in that was his he it with is for as had you not be her on at by which".split()
draw = random.Random(11)
folder = pathlib.Path(tempfile.mkdtemp(prefix="charrnn-resume-"))
text = folder / "text.txt"
text.write_text(" ".join(draw.choice(words) for _ in range(4000)) + "\n")

options = ["--hidden-size", "24", "--embedding-size", "8", "--batch-size", "4", "--seq-length", "16", "--epochs", "0",
           "--output-dropout", "0.1", "--average-decay", "0.99", "--eval-every", "25", "--report-every", "10",
           "--checkpoint-every", "7", "--lr-schedule", "cosine", "--patience", "0", "--threads", "1", "-q"]
failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def command(run, *more):
    return [program, "train", str(text), "-o", str(folder / run), *options, *more]


def metrics(run):
    lines = [json.loads(line) for line in (folder / run / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key not in ("seconds", "characters_per_second")}
            for line in lines]


def last_step(run):
    return max(line.get("step", 0) for line in metrics(run))


def same(run, other, what):
    for name in ("model.safetensors",):
        check((folder / run / name).read_bytes() == (folder / other / name).read_bytes(), f"{what}: {name} differs")
    check(metrics(run) == metrics(other), f"{what}: metrics differ")
    check(not list((folder / run).glob(".*tmp*")), f"{what}: temporaries are left")


def wait_for_lines(run, process, count):
    """Waits until the run has written that many reports, or has ended."""
    path = folder / run / "metrics.jsonl"
    while process.poll() is None:
        if path.exists() and path.read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.002)


def killed_at_random(cell, objective):
    kind = ("--cell", cell, "--objective", objective, "--steps", "400")
    name = f"{cell}-{objective}"
    done = subprocess.run(command(name, *kind), capture_output=True, text=True)
    check(done.returncode == 0, f"{name}: exit {done.returncode}: {done.stderr}")
    killed = name + "-killed"
    kills = 0
    for attempt in range(60):
        process = subprocess.Popen(command(killed, *kind, "--resume"), stderr=subprocess.DEVNULL)
        if kills < 5:
            # Anywhere: before the first file, within a step, within a save.
            time.sleep(draw.uniform(0, 0.05) if attempt % 2 else 0)
            wait_for_lines(killed, process, draw.randint(0, 8) + 6 * kills)
            time.sleep(draw.uniform(0, 0.01))
            process.kill()
        if process.wait() == 0:
            break
        kills += process.returncode == -signal.SIGKILL
    check(kills > 0, f"{name}: no run was killed")
    check(process.returncode == 0, f"{name}: never ended")
    same(killed, name, f"{name}, killed {kills} times")


def interrupted(number, code):
    run = f"signal-{code}"
    loud = command(run, "--cell", "gru", "--steps", "400")
    loud.remove("-q")
    process = subprocess.Popen(loud, stderr=subprocess.PIPE, text=True)
    wait_for_lines(run, process, 5)
    process.send_signal(number)
    _, err = process.communicate()
    check(process.returncode == code, f"signal {number}: exit {process.returncode} {err}")
    check("--resume" in err, f"signal {number}: says nothing of --resume: {err}")
    check((folder / run / "model.safetensors").exists(), f"signal {number}: no model")
    before = json.loads((folder / run / "metrics.jsonl").read_text().splitlines()[-1])["step"]
    check(before < 400, f"signal {number}: it had ended already")
    done = subprocess.run([program, "train", "--resume", "-o", str(folder / run), "-q"], capture_output=True, text=True)
    check(done.returncode == 0, f"signal {number}: resume: {done.returncode} {done.stderr}")
    same(run, "gru-all", f"signal {number}")


def stopped_and_continued():
    process = subprocess.Popen(command("stopped", "--cell", "gru", "--steps", "400"), stderr=subprocess.PIPE, text=True)
    for lines in (2, 6):
        wait_for_lines("stopped", process, lines)
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.2)
        process.send_signal(signal.SIGCONT)
    _, err = process.communicate()
    check(process.returncode == 0, f"stopped: exit {process.returncode} {err}")
    same("stopped", "gru-all", "stopped")


def says_why_there_is_no_validation_loss():
    for run, part, reason in (("soon", "0.1", "not validated yet"), ("all", "0", "none held out")):
        loud = command(run, "--cell", "gru", "--steps", "1000000", "--val-fraction", part)
        loud.remove("-q")
        loud[loud.index("--eval-every") + 1] = "1000000"
        process = subprocess.Popen(loud, stderr=subprocess.PIPE, text=True)
        wait_for_lines(run, process, 2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
        check(reason in err, f"interrupted before a validation: {reason} is not said: {err}")


def says_how_much_time_is_left():
    with (folder / "budget.txt").open("w") as text:
        text.write("the sea was calm, the sky was grey, the road went on. " * 4000)
    run = folder / "budget"
    process = subprocess.Popen([program, "train", str(folder / "budget.txt"), "--time", "60s", "-o", str(run)],
                               stderr=subprocess.PIPE, text=True)
    while not (run / "metrics.jsonl").exists() and process.poll() is None:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    rest = re.search(r"--resume -o \S+ --time (\d+)s", err)
    check(rest and 30 <= int(rest[1]) < 60, f"interrupted within a budget: the rest is not said: {err}")


def train(run, *more):
    return subprocess.run([program, "train", *more, "-o", str(folder / run)], capture_output=True, text=True)


def show(run):
    return subprocess.run([program, "show", str(folder / run)], capture_output=True, text=True).stdout


def sittings_with_a_budget():
    """A budget is of one sitting: what earlier ones took does not count."""
    small = ["--cell", "gru", "--hidden-size", "24", "--batch-size", "4", "--seq-length", "16", "--threads", "1", "--patience", "0"]
    done = train("sittings", str(text), "--time", "2s", "--epochs", "1000000", *small)
    check(done.returncode == 0, f"budget: {done.returncode} {done.stderr}")
    first = last_step("sittings")
    shown = show("sittings")
    check("all of them" in shown and "go on" not in shown, f"budget: a finished run is shown as unfinished: {shown}")
    again = train("sittings", "--resume")
    check("the run is finished" in again.stderr and last_step("sittings") == first,
          f"budget: resumed without --time: {again.stderr}")
    begin = time.monotonic()
    more = train("sittings", "--resume", "--time", "2s")
    took = time.monotonic() - begin
    check(more.returncode == 0 and "going on at step" in more.stderr, f"budget: {more.stderr}")
    check(last_step("sittings") > first, f"budget: no step in a second sitting: {more.stderr}")
    check(took > 1, f"budget: the second sitting took {took:.1f} s of 2: {more.stderr}")
    config = str(folder / "sittings" / "config.toml")
    repeat = train("repeated", "--config", config, "-q")
    check(repeat.returncode == 0, f"budget: its config: {repeat.stderr}")
    models = [(folder / run / "model.safetensors").read_bytes() for run in ("sittings", "repeated")]
    check(models[0] == models[1], "budget: config.toml does not repeat two sittings")
    limited = train("limited", str(text), "--time", "60s", "--steps", "30", *small)
    check(last_step("limited") == 30, f"budget: --steps is ignored: {limited.stderr}")


def another_length():
    name = "gru-all"
    shutil.copytree(folder / name, folder / "longer")
    done = train("longer", "--resume", "--steps", "300")
    check("the run is finished, at step 400" in done.stderr, f"fewer steps than are done: {done.stderr}")
    done = train("longer", "--resume", "--steps", "500")
    check(done.returncode == 0 and last_step("longer") == 500, f"more steps: {done.stderr}")
    config = str(folder / "longer" / "config.toml")
    train("longer-again", "--config", config, "-q")
    models = [(folder / run / "model.safetensors").read_bytes() for run in ("longer", "longer-again")]
    check(models[0] == models[1], "config.toml does not repeat a run whose length was changed")
    refused = train("longer", "--resume", "--val-characters", "100")
    check(refused.returncode == 2 and "--val-characters" in refused.stderr, f"another validation: {refused.stderr}")


def documents_cut_elsewhere():
    a, b, c = (folder / name for name in ("a.txt", "b.txt", "c.txt"))
    lines = text.read_text()[:6000].replace(" ", "\n")
    middle = lines.index("\n", 3000) + 1
    a.write_text(lines[:middle])
    b.write_text(lines[middle:])
    c.write_text(lines[:lines.index("\n", 1000) + 1])
    (folder / "d.txt").write_text(lines[lines.index("\n", 1000) + 1:])
    small = ["--documents", "files", "--hidden-size", "8", "--batch-size", "4", "--seq-length", "16", "-q"]
    done = train("files", str(a), str(b), *small, "--steps", "5")
    check(done.returncode == 0, f"documents: {done.stderr}")
    same_files = train("files", str(a), str(b), "--resume", "--steps", "10", "-q")
    check(same_files.returncode == 0, f"documents: {same_files.stderr}")
    other = train("files", str(c), str(folder / "d.txt"), "--resume", "--steps", "15", "-q")
    check(other.returncode == 4 and "not the one" in other.stderr, f"documents cut elsewhere: {other.returncode} {other.stderr}")


def config_gives_the_same_model():
    config = str(folder / "gru-all" / "config.toml")
    done = subprocess.run([program, "train", "--config", config, "-o", str(folder / "again"), "-q"], capture_output=True,
                          text=True)
    check(done.returncode == 0, f"config: {done.returncode} {done.stderr}")
    same("again", "gru-all", "config")


def runs_of_version_0_1_0_end_as_they_did():
    """Checkpoints of step 47 and the models of step 90, all written by version 0.1.0. Bits depend on the instruction set,
    so both are of the portable one, which every machine has."""
    version = re.compile(rb'"charrnn_version":"[^"]*"')
    fixtures = pathlib.Path(__file__).parent / "fixtures"
    for cell in ("gru", "rnn"):
        old, run = fixtures / f"run_0.1.0_{cell}", folder / f"old-{cell}"
        run.mkdir()
        shutil.copy(old / "checkpoint.safetensors", run)
        done = subprocess.run([program, "train", "--resume", str(fixtures / "run_0.1.0.txt"), "-o", str(run), "--isa", "portable",
                               "--threads", "1", "-q"], capture_output=True, text=True)
        check(done.returncode == 0, f"0.1.0, {cell}: {done.returncode} {done.stderr}")
        now, then = ((path).read_bytes() for path in (run / "model.safetensors", old / "end.safetensors"))
        check(version.sub(b"", now) == version.sub(b"", then), f"0.1.0, {cell}: another model")


def full_disk():
    """No file may grow beyond a limit that a checkpoint needs: training goes on, the last save fails, the old stays."""
    run = folder / "full"
    process = subprocess.run(command("full", "--cell", "gru", "--steps", "14"), capture_output=True, text=True)
    check(process.returncode == 0, f"full disk: {process.stderr}")
    before = (run / "checkpoint.safetensors").read_bytes()
    limited = command("full", "--cell", "gru", "--steps", "60", "--resume")
    limited.remove("-q")
    process = subprocess.run(["bash", "-c", 'ulimit -f 16; exec "$@"', "bash", *limited], capture_output=True, text=True)
    check(process.returncode == 5, f"full disk: exit {process.returncode} {process.stderr}")
    check("will try again" in process.stderr, f"full disk: no warning: {process.stderr}")
    check("File too large" in process.stderr, f"full disk: no reason: {process.stderr}")
    check((run / "checkpoint.safetensors").read_bytes() == before, "full disk: the old checkpoint has changed")
    check(not list(run.glob(".*tmp*")), "full disk: temporaries are left")


def two_trainers():
    process = subprocess.Popen(command("two", "--cell", "gru", "--steps", "1000000"), stderr=subprocess.DEVNULL)
    wait_for_lines("two", process, 1)
    second = subprocess.run(command("two", "--cell", "gru", "--resume"), capture_output=True, text=True)
    check(second.returncode == 5 and f"pid {process.pid}" in second.stderr,
          f"two trainers: {second.returncode} {second.stderr}")
    process.send_signal(signal.SIGINT)
    check(process.wait() == 130, "two trainers: the first goes on until Ctrl-C")


start = time.time()
for cell in ("gru", "lstm", "rnn"):
    killed_at_random(cell, "all")
killed_at_random("gru", "last")
for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
    interrupted(number, code)
stopped_and_continued()
says_why_there_is_no_validation_loss()
says_how_much_time_is_left()
config_gives_the_same_model()
sittings_with_a_budget()
another_length()
documents_cut_elsewhere()
runs_of_version_0_1_0_end_as_they_did()
full_disk()
two_trainers()
if not failures:
    subprocess.run(["rm", "-rf", str(folder)], check=True)
    print(f"all runs ended alike, in {time.time() - start:.1f} s")
sys.exit(1 if failures else 0)
