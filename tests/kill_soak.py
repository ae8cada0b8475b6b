#!/usr/bin/python3
"""Kills trainings until a number of kills is reached, and compares each with a run that was left alone.

    tests/kill_soak.py [--kills 500] [--seed 1] [PROGRAM]

Half of the kills come at random moments. The others come at each system call in turn that changes a file (with strace,
where it is installed and allowed): the first write, the second, … of a training and of those that go on with it. Every
run must end with the same model and the same metrics, to the last bit. Not part of the suite: it takes minutes.
"""

import argparse
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

PROGRAM = pathlib.Path(__file__).resolve().parent.parent / "build" / "charrnn"
WORDS = "the of and to in that was his he it with is for as had you not be her on at by which".split()
CHANGES = "write,pwrite64,writev,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,openat,mkdirat"
OPTIONS = ["--hidden-size", "16", "--embedding-size", "6", "--batch-size", "4", "--seq-length", "12", "--steps", "60",
           "--epochs", "0", "--eval-every", "15", "--report-every", "5", "--checkpoint-every", "7", "--patience", "0",
           "--threads", "1", "-q"]
KINDS = [["--cell", "rnn"], ["--cell", "lstm", "--average-decay", "0.99"], ["--cell", "gru", "--output-dropout", "0.2"],
         ["--cell", "gru", "--objective", "last"], ["--cell", "lstm", "--on-nan", "rollback", "--recurrent-dropout", "0.1"]]


class Soak:
    def __init__(self, program, seed):
        self.program, self.draw = program, random.Random(seed)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="charrnn-kills-"))
        self.text = self.folder / "text.txt"
        self.text.write_text(" ".join(self.draw.choice(WORDS) for _ in range(1500)) + "\n")
        self.kills = self.runs = self.failures = 0

    def command(self, run, kind):
        return [str(self.program), "train", str(self.text), "-o", str(self.folder / run), *OPTIONS, *kind, "--resume"]

    def ended(self, run):
        """What a run has left, without the times in it."""
        lines = [json.loads(line) for line in (self.folder / run / "metrics.jsonl").read_text().splitlines()]
        for line in lines:
            for key in ("seconds", "characters_per_second"):
                line.pop(key, None)
        return (self.folder / run / "model.safetensors").read_bytes(), lines

    def alone(self, name, kind):
        subprocess.run([word for word in self.command(name, kind) if word != "--resume"], check=True)
        return self.ended(name)

    def killed(self, kind, start):
        """A run that is killed again and again: start(number) gives the process of its number-th sitting."""
        run = f"run{self.runs}"
        self.runs += 1
        for number in range(1000):
            code = start(self.command(run, kind), number)
            if code == 0:
                break
            if code not in (-9, 137):
                print(f"FAILED: {kind}: exit code {code}")
                self.failures += 1
                return
            self.kills += 1
        name = "alone-" + "-".join(kind).replace("--", "")
        expected = self.ended(name) if (self.folder / name).exists() else self.alone(name, kind)
        if self.ended(run) != expected:
            print(f"FAILED: {kind}: the run {self.folder / run} differs")
            self.failures += 1
        else:
            shutil.rmtree(self.folder / run)

    def at_random(self, command, number):
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        if number < 12:
            time.sleep(self.draw.uniform(0, 0.12))
            process.kill()
        _, message = process.communicate()
        if process.returncode > 0:
            print(message.decode(errors="replace"))
        return process.returncode

    def at_call(self, first):
        def start(command, number):
            # The first sitting dies at its call number `first`, the next ones further on.
            inject = f"inject={CHANGES}:signal=KILL:when={first + 9 * number}"
            traced = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={CHANGES}", "-e", inject, *command]
            return subprocess.run(traced, stderr=subprocess.DEVNULL).returncode
        return start


def can_trace():
    return shutil.which("strace") is not None and subprocess.run(["strace", "-o", "/dev/null", "true"],
                                                                 capture_output=True).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("program", nargs="?", default=PROGRAM)
    arguments = parser.parse_args()
    soak, traces = Soak(arguments.program, arguments.seed), can_trace()
    if not traces:
        print("no strace: all kills come at random moments")
    begin = time.monotonic()
    first = 16  # those before load libraries
    while soak.kills < arguments.kills and soak.failures == 0:
        kind = KINDS[soak.runs % len(KINDS)]
        if traces and soak.runs % 2:
            soak.killed(kind, soak.at_call(first))
            first += 1
        else:
            soak.killed(kind, soak.at_random)
    if soak.failures == 0:
        shutil.rmtree(soak.folder)
    print(f"{soak.kills} kills in {soak.runs} runs, {time.monotonic() - begin:.0f} s: "
          f"{'all ended alike' if soak.failures == 0 else 'see above'}")
    sys.exit(1 if soak.failures else 0)


if __name__ == "__main__":
    main()
