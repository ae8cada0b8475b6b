"""examples/notebook.cc: compiled by the line that its own head gives, it prints what `charrnn notebook` prints; and it
stays what it promises to be: one file of at most 400 lines with nothing but the standard library."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

source = pathlib.Path(os.environ["CHARRNN_SOURCE"])
program = os.environ["CHARRNN"]
example = source / "examples" / "notebook.cc"
failures = []


def check(condition, message):
    if not condition:
        failures.append(message)


def without_times(text):
    text = re.sub(r"(?<=\| Time: )[0-9.]+(?=s\n)", "T", text)
    return re.sub(r"(?<=Training Finished in )[0-9.]+(?= seconds)", "T", text)


def documented_line(text):
    """The one command at the head, which compiles the file and runs the result."""
    head = text[:text.index("#include")]
    lines = re.findall(r"^//   (g\+\+ -O3 -std=c\+\+20 .+)$", head, re.M)
    check(len(lines) == 1, f"the head gives one line to compile with, not {len(lines)}")
    return lines[0] if lines else ""


def check_form(text):
    lines = text.splitlines()
    check(len(lines) <= 400, f"{len(lines)} lines: at most 400 are promised")
    includes = re.findall(r"^\s*#\s*include\s*(.*)$", text, re.M)
    check(len(includes) > 5, "it includes what it uses")
    for name in includes:
        check(re.fullmatch(r"<[a-z_]+>", name), f"{name} is no header of the standard library")
    headings = re.findall(r"^// ## (\d)\. ", text, re.M)
    check(headings == list("123456"), f"sections {headings}: the notebook has 1 to 6, in this order")
    for path in sorted(source.glob("src/**/*")):
        if path.suffix in (".h", ".cc", ".cu", ".cuh", ".txt"):
            check("examples/" not in path.read_text(), f"{path} uses the example")


def check_output(line):
    with tempfile.TemporaryDirectory() as folder:
        # The documented command as it stands, in a folder where its paths lead to the file.
        os.symlink(source / "examples", os.path.join(folder, "examples"))
        run = subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, text=True)
        check(run.returncode == 0 and not run.stderr, f"{line}\n  exit {run.returncode}: {run.stderr[:2000]}")
    expected = subprocess.run([program, "notebook"], capture_output=True, text=True, check=True).stdout
    got = without_times(run.stdout)
    wanted = without_times(expected)
    check("Avg Loss: 0.1143 | Time: Ts" in wanted, "the notebook ends at its loss")
    if got != wanted:
        pairs = zip(got.splitlines() + ["(end)"] * 99, wanted.splitlines())
        first = next(((a, b) for a, b in pairs if a != b), ("more lines", ""))
        failures.append(f"printed  {first[0]!r}\nexpected {first[1]!r}")


def main():
    text = example.read_text()
    check_form(text)
    line = documented_line(text)
    check("examples/notebook.cc" in line and "ffast-math" not in line and "-Ofast" not in line, f"line: {line}")
    for document in ("README.md", "docs/notebook.md"):
        check(line.split(" && ")[0] in (source / document).read_text(), f"{document} gives another line than the file's head")
    if line and not failures:
        check_output(line)
    print("\n".join(failures) or f"{len(text.splitlines())} lines print the notebook's output")
    return 1 if failures else 0


sys.exit(main())
