"""docs/reliability.md names tests that exist: `Suite.Name` of C++, `program_test: function` of Python."""

import os
import pathlib
import re
import sys

SOURCE = pathlib.Path(os.environ["CHARRNN_SOURCE"])
CASE = re.compile(r"^\| ([A-Z]\d+) \|")
failures = []


def cpp_tests():
    names = set()
    for path in (SOURCE / "src").rglob("*_test.cc"):
        for suite, name in re.findall(r"\b(?:TYPED_)?TEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\)", path.read_text()):
            names.add(f"{suite}.{name}")
    return names


def python_functions(program):
    path = SOURCE / "tests" / f"{program}.py"
    if not path.exists():
        return None
    return {name.removeprefix("test_") for name in re.findall(r"def (\w+)\(", path.read_text())}


def main():
    cpp = cpp_tests()
    cases, named = set(), 0
    for line in (SOURCE / "docs/reliability.md").read_text().splitlines():
        case = CASE.match(line)
        if not case:
            continue
        cases.add(case[1])
        program = None
        for words in re.findall(r"`([^`]+)`", line.rsplit("|", 2)[1]):
            if python := re.fullmatch(r"(\w+_test): (\w+)", words):
                program, function = python.groups()
            elif re.fullmatch(r"[A-Z]\w+\.[A-Z]\w+", words):
                program, function = None, None
                if words not in cpp:
                    failures.append(f"{case[1]}: no test {words}")
                named += 1
                continue
            elif program and re.fullmatch(r"[a-z]\w+", words):
                function = words  # another one of the program named before
            else:
                continue
            named += 1
            functions = python_functions(program)
            if functions is None or function.removeprefix("test_") not in functions:
                failures.append(f"{case[1]}: no {function} in tests/{program}.py")
    if len(cases) != 108:
        failures.append(f"{len(cases)} cases, 108 expected")
    print("\n".join(failures) or f"{len(cases)} cases name {named} tests that exist")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
