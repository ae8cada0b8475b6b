"""libcharrnn.so beside the program, through a C program: the same model from the same settings, the same texts from a
seed, the same surprisal; what the library shows, and how it says what is wrong."""

import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(os.environ["CHARRNN_BUILD"])
SOURCE = pathlib.Path(os.environ["CHARRNN_SOURCE"])
PROGRAM = os.environ["CHARRNN"]
ISA = os.environ.get("CHARRNN_ISA")
SETTINGS = {"hidden-size": "16", "layers": "1", "steps": "60", "batch-size": "8", "seq-length": "12", "seed": "5",
            "threads": "1"}
failures = []


def check(holds, what):
    if not holds:
        failures.append(what)
        print("FAILED:", what)


def run(*words):
    return subprocess.run([str(word) for word in words], capture_output=True)


def client(*words):
    return run(BUILD / "library_client", *words)


def settings_of(**more):
    settings = {**SETTINGS, **more, **({"isa": ISA} if ISA else {})}
    return [f"{name}={value}" for name, value in settings.items()]


def what_is_shown():
    shown = {line.split()[2] for line in
             subprocess.run(["nm", "-D", "--defined-only", BUILD / "libcharrnn.so"], capture_output=True, text=True,
                            check=True).stdout.splitlines()}
    declared = set(re.findall(r"CHARRNN_API [\w* ]+?(charrnn_\w+)\(", (SOURCE / "src/library/charrnn.h").read_text()))
    check(len(declared) > 15 and shown == declared, f"shown and declared differ: {sorted(shown ^ declared)}")


def main():
    what_is_shown()
    with tempfile.TemporaryDirectory(prefix="charrnn-library-") as folder:
        here = pathlib.Path(folder)
        text = here / "sea.txt"
        text.write_text("The sea was calm, the sea was grey — and “so” it was.\n" * 60)
        flags = [word for name, value in SETTINGS.items() for word in (f"--{name}", value)]
        trained = run(PROGRAM, "train", text, "-o", here / "program", "-q", *flags)
        check(trained.returncode == 0, trained.stderr)
        for how in ("train", "train-text"):
            done = client(how, text, f"out={here / how}", *settings_of())
            check(done.returncode == 0 and done.stdout == b"60\n", f"{how}: {done}")
            for name in ("model.safetensors", "config.toml"):
                ours, theirs = ((here / run_name / name).read_bytes() for run_name in (how, "program"))
                if how == "train" or name == "model.safetensors":
                    check(ours == theirs, f"{how}: {name} is not the program's")
        check((here / "train-text/text.txt").read_text() == text.read_text(), "the run keeps a text that was in memory")

        model = here / "program"
        for prompt, options in (("", {"seed": 3}), ("The sea — ", {"seed": 3, "temp": 0.7, "top-k": 5}),
                                ("", {"seed": 11, "predict": 50, "stop": "sea"})):
            given = {"predict": 300, **options}
            flags = [word for name, value in given.items() for word in (f"--{name}", value)]
            expected = run(PROGRAM, "sample", model, "-p", prompt, "--json", *flags)
            got = client("sample", model, prompt, *(f"{name}={value}" for name, value in given.items()))
            check(got.returncode == 0 and got.stdout.decode() == json.loads(expected.stdout)["text"],
                  f"sample {prompt!r} {options}: {got} {expected}")

        other = here / "other.txt"
        other.write_text("\ufeffThe sea is £ not calm; the sea is deep.\n" * 20)
        expected = json.loads(run(PROGRAM, "eval", model, other, "--surprise", "--json", "-q").stdout)
        got = [float(line) for line in client("surprisal", model, other).stdout.split()]
        check(len(got) == expected["predicted"], f"surprisal: {len(got)} of {expected['predicted']} characters")
        check(math.isclose(sum(got) / len(got), expected["loss"], rel_tol=1e-6), "the mean surprisal is eval's loss")
        check(all(math.isclose(ours, bits * math.log(2), rel_tol=1e-5, abs_tol=1e-6)
                  for ours, bits in zip(got, expected["surprise"])), "the surprisal of a character is not eval's")

        copied = client("copy", model, here / "copy.safetensors")
        check(copied.returncode == 0, copied.stderr)
        check((here / "copy.safetensors").read_bytes() == (model / "model.safetensors").read_bytes(), "save() copies")

        for words, status, name in ((("copy", here / "none.safetensors", "x"), 5, b""),
                                    (("copy", text, "x"), 4, b""),
                                    (("sample", model, "☃"), 3, b"unknown_characters"),
                                    (("sample", model, "a", "temp=hot"), 2, b""),
                                    (("sample", model, "a", "tempp=1"), 2, b"unknown_option"),
                                    (("copy", model, here / "no/such/folder"), 5, b""),
                                    (("train", text, f"out={here / 'train'}"), 2, b"")):
            done = client(*words)
            check(done.returncode == status and done.stderr.startswith(name) and done.stderr.count(b"\n") == 2,
                  f"{words}: {done}")
    return len(failures)


if __name__ == "__main__":
    sys.exit(main())
