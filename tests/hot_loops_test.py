"""The loops that multiply hold nothing but loads and multiply-adds.

A tile of sums is fast while all of it is in registers. Whether it is, the compiler decides: a change
that costs a register shows here as a store or a move in the loop, and nowhere else but in the speed.
Weights come ahead in each loop of products, and saved activations with them where vectors are long, rows of saved activations in each
loop of weight gradients: a compiler may take a fetch away. The loop that measures what the processor does at most is there at all: its sums are of no other use.
A thread that waits executes the processor's own pause.
Release builds by g++ for x86-64 alone; other compilers are skipped.
"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

BUILD = pathlib.Path(os.environ["CHARRNN_BUILD"])
TILES = re.compile(r"(add_products_tile|add_inference_tile|weight_gradient_tile)<")
PAUSE_FUNCTION = re.compile(r"charrnn::pause_core\(\)$")
PAUSE = re.compile(r"\t(pause|yield)\b")
PEAK = re.compile(r"multiply_adds<")
MULTIPLY = re.compile(r"\t(v?mulps|vfmadd|vdpbf16|tdpbf16)")
MEMORY = re.compile(r"\tv.*\(")
MULTIPLY_ADD = re.compile(r"\tv(fmadd|dpbf16)")
STORE = re.compile(r"\tvmov\S+\s+%[xyz]mm\d+,.*\(")
MOVE = re.compile(r"\tvmov\S+\s+%[xyz]mm\d+,%[xyz]mm\d+")
FETCHED_WEIGHTS = re.compile(r"\tprefetcht1 ")
FETCHED_ACTIVATIONS = re.compile(r"\tprefetch(t0|w) ")
FEWEST_SUMS = 8  # smaller tiles, of the last rows, are no limit


def kernel_objects():
    """Each kernel file's name, command and object."""
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        words = shlex.split(entry["command"])
        if re.fullmatch(r"isa_\w+\.cc", path.name):
            yield path.stem, words, pathlib.Path(entry["directory"]) / words[words.index("-o") + 1]


def functions(object_file, wanted):
    """Name and lines of each function whose name has the pattern."""
    lines = subprocess.run(["objdump", "-dC", "--no-show-raw-insn", str(object_file)], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    name, body = "", []
    for line in lines + ["0 <>:"]:
        if found := re.match(r"[0-9a-f]+ <(.*)>:$", line):
            if wanted.search(name):
                yield name, body
            name, body = found.group(1), []
        elif "\t" in line:
            body.append(line)


def inner_loops(body):
    """The instructions between a jump's target and the jump, where neither another loop nor the function's end is inside."""
    place = {int(line.split(":")[0], 16): i for i, line in enumerate(body)}
    loops = []
    for end, line in enumerate(body):
        jump = re.search(r"\tj\w+\s+([0-9a-f]+) ", line)
        start = place.get(int(jump.group(1), 16)) if jump else None
        if start is None or start > end or any(re.search(r"\t(ret|vzeroupper)", inside) for inside in body[start:end]):
            continue
        if not any(start <= other < end for other, _ in loops):
            loops.append((start, end))
    return [body[start:end + 1] for start, end in loops]


def count(pattern, loop):
    return sum(bool(pattern.search(line)) for line in loop)


def main():
    if not (BUILD / "compile_commands.json").exists():
        print("skipped: no compile_commands.json in the build folder")
        return 77
    looked_at, bad = 0, 0
    for file, command, object_file in kernel_objects():
        compiler = next(word for word in command if "++" in word)
        version = subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout
        if "Free Software Foundation" not in version or any(word.startswith("-fsanitize") for word in command) or "-O0" in command:
            print("skipped: not a release build by g++")
            return 77
        for name, body in functions(object_file, PEAK):
            if len(body) < 5:  # a jump to the same by tiles
                continue
            loops = [loop for loop in inner_loops(body) if count(MULTIPLY, loop) >= 4]
            if not loops:
                bad += 1
                print(f"{file}: no loop multiplies in {name}")
            if file.startswith("isa_avx") and any(count(MEMORY, loop) for loop in loops):
                bad += 1
                print(f"{file}: more than multiply-adds in {name}", *loops[0], sep="\n  ")
        for name, body in functions(object_file, TILES) if file.startswith("isa_avx") else []:
            for loop in inner_loops(body):
                sums = count(MULTIPLY_ADD, loop)
                if sums < FEWEST_SUMS:
                    continue
                looked_at += 1
                if stores := count(STORE, loop) + count(MOVE, loop):
                    bad += 1
                    print(f"{file}: {stores} stores and moves in a loop of {name}", *loop, sep="\n  ")
                if "weight_gradient" not in name and not count(FETCHED_WEIGHTS, loop):
                    bad += 1
                    print(f"{file}: no weights are fetched in a loop of {name}", *loop, sep="\n  ")
                if "weight_gradient" in name and not count(FETCHED_ACTIVATIONS, loop):
                    bad += 1
                    print(f"{file}: no rows are fetched in a loop of {name}", *loop, sep="\n  ")
                if "PrefetchSaved" in name and file.startswith("isa_avx512") and not count(FETCHED_ACTIVATIONS, loop):
                    bad += 1
                    print(f"{file}: no saved activations are fetched in a loop of {name}", *loop, sep="\n  ")
    waits = list(functions(BUILD / "src/base/libcharrnn_base.a", PAUSE_FUNCTION))
    assert waits, "pause_core() was not found"
    for name, body in waits:
        if not count(PAUSE, body):
            bad += 1
            print(f"no pause instruction in {name}", *body, sep="\n  ")
    print(f"{looked_at} loops")
    assert looked_at >= 50 or not list(kernel_objects()), "the loops that multiply were not found"
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
