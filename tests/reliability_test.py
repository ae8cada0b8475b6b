"""docs/reliability.md has each of the 108 cases once, and the tests that it names are there."""

import os
import pathlib
import re
import sys

SOURCE = pathlib.Path(os.environ["CHARRNN_SOURCE"])
CASES = {"C": 23, "F": 13, "T": 20, "M": 16, "S": 8, "H": 28}


def unit_tests():
    declared = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", re.M)
    for path in SOURCE.glob("src/**/*_test.cc"):
        yield from (f"{suite}.{name}" for suite, name in declared.findall(path.read_text()))


def program_tests():
    for path in SOURCE.glob("tests/*_test.py"):
        for name in re.findall(r"^ *def (?:test_)?(\w+)\(", path.read_text(), re.M):
            yield f"{path.stem}: {name}"
    for path in SOURCE.glob("tests/browser/*.mjs"):
        for name in re.findall(r"^ *test\('([^']+)'", path.read_text(), re.M):
            yield f"{path.name}: {name}"


def main():
    page = (SOURCE / "docs/reliability.md").read_text()
    rows = re.findall(r"^\| ([A-Z]\d+) \|.*\| (.+) \|$", page, re.M)
    wanted = [f"{letter}{number}" for letter, count in CASES.items() for number in range(1, count + 1)]
    wrong = []
    if [case for case, _ in rows] != wanted:
        wrong.append(f"the cases are not {wanted[0]} to {wanted[-1]}, each once and in order")
    known = set(unit_tests()) | set(program_tests())
    named = 0
    for case, tests in rows:
        names = re.findall(r"`(\w+\.\w+|\w+_test: \w+|\w+\.mjs: [^`]+)`", tests)
        named += len(names)
        wrong += [f"{case}: there is no test {name}" for name in names if name not in known]
        if not names and "none" not in tests:
            wrong.append(f"{case}: neither a test nor the word none")
    print("\n".join(wrong) or f"{len(rows)} cases name {named} tests that are there")
    return 1 if wrong or not named else 0


if __name__ == "__main__":
    sys.exit(main())
