"""No two instruction sets share a function.

Each kernel file has flags of its own. If two of them (or one of them and the rest of the program)
defined the same inline function, the linker would keep one copy for all, perhaps one that the
machine can't run. The objects looked at are those that the program is linked from: what a compiler
has inlined in all of them is no danger, and what another compiler leaves shows in its own build.
"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

SOURCE = pathlib.Path(os.environ["CHARRNN_SOURCE"])
BUILD = pathlib.Path(os.environ["CHARRNN_BUILD"])


def defined(object_file):
    """Functions that an object file offers to others. (Constants may be shared: they are data.)"""
    lines = subprocess.run(["nm", "-P", str(object_file)], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    return {line.split()[0] for line in lines if line.split()[1] in "TW"}


def main():
    commands = BUILD / "compile_commands.json"
    if not commands.exists():
        print("skipped: no compile_commands.json in the build folder")
        return 77
    of_set = {}
    for entry in json.loads(commands.read_text()):
        name = pathlib.Path(entry["file"]).stem
        if re.fullmatch(r"isa_\w+", name):
            words = shlex.split(entry["command"])
            of_set[name] = defined(pathlib.Path(entry["directory"]) / words[words.index("-o") + 1])
    assert len(of_set) >= 2 and all(of_set.values()), f"kernel files with functions: {sorted(filter(of_set.get, of_set))}"
    bad = 0
    for name, symbols in of_set.items():
        own = name.removeprefix("isa_")
        for symbol in sorted(symbols):
            shared = [other for other in of_set if other != name and symbol in of_set[other]]
            # Anything weak must carry the set's namespace; its Isa does in its own way.
            foreign = own not in symbol.lower() and "charrnn3cpuL" not in symbol and not re.fullmatch(
                r"_ZN7charrnn3cpu\d+k[A-Z]\w+E", symbol)
            if shared or foreign:
                print(f"{name} defines {symbol}" + (f", as {shared} do" if shared else ""))
                bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
