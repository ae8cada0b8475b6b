"""Every command that the program prints works when it is pasted: whatever its file names are, and as the program was called."""

import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

CHARRNN = os.environ["CHARRNN"]
PROGRAM = "./my tools/charrnn"  # a name that needs quotes
WORD = "'./my tools/charrnn'"
TINY = ["--cell", "rnn", "--hidden-size", "64", "--batch-size", "4", "--seq-length", "16", "--threads", "1"]
NAMES = ["plain", "-dash", "two words", "it's", "\u00e9 \u65e5\u672c", "new\nline", "$HOME `true` *", "a\\b\"c"]


def without_metadata(model):
    """A safetensors file with its tensors alone, as another program writes it."""
    size = int.from_bytes(model[:8], "little")
    tensors = json.loads(model[8:8 + size])
    del tensors["__metadata__"]
    header = json.dumps(tensors).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + model[8 + size:]


class PastedCommands(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="charrnn-pasted-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "my tools").mkdir()
        (self.folder / PROGRAM).symlink_to(CHARRNN)
        (self.folder / "sea.txt").write_text("the sea was calm, the sea was grey. " * 60)

    def run_program(self, *words):
        return subprocess.run([PROGRAM, *words], cwd=self.folder, capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL)

    def printed(self, text):
        """The commands in a text: from the program's name to the end of the line."""
        commands = [line[line.index(WORD):] for line in text.splitlines() if WORD in line]
        self.assertNotRegex(text.replace(WORD, ""), r"(?m)(^|[\s'(])charrnn (train|sample|serve|show|eval|data|notebook) ",
                            "a command with another name than it was called by")
        return commands

    def paste(self, command, more=""):
        """Runs it in bash as it is, but for what makes it end."""
        if re.search(r" serve( |$)", command):
            return self.paste_server(command)
        result = subprocess.run(["bash", "-c", command + more], cwd=self.folder, capture_output=True, text=True, timeout=120,
                                stdin=subprocess.DEVNULL)
        self.assertEqual(result.returncode, 0, f"{command}{more}\n{result.stderr}")
        return result

    def paste_server(self, command):
        process = subprocess.Popen(["bash", "-c", "exec " + command.split(" && ")[-1] + " --port 0"], cwd=self.folder,
                                   stderr=subprocess.PIPE, text=True)
        said = ""
        for line in process.stderr:
            said += line
            if "serving" in line:
                break
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertIn("serving", said, command)

    def test_of_runs_with_any_name(self):
        for name in NAMES:
            with self.subTest(name=name):
                result = self.run_program("train", "sea.txt", f"--out={name}", *TINY, "--steps", "3")
                self.assertEqual(result.returncode, 0, result.stderr)
                commands = self.printed(result.stderr)
                self.assertEqual(len(commands), 2, result.stderr)
                for command in commands:
                    if " sample " in command:
                        self.paste(command, " -n 5 -q")
                    elif name in NAMES[1:3]:  # it takes a second to end
                        self.paste(command)

    def test_of_a_run_that_was_stopped(self):
        for name in ("-two words", "it's"):
            process = subprocess.Popen([PROGRAM, "train", "sea.txt", f"--out={name}", *TINY, "--steps", "100000000"],
                                       cwd=self.folder, stderr=subprocess.PIPE, text=True)
            deadline = time.monotonic() + 60
            metrics = self.folder / name / "metrics.jsonl"
            while time.monotonic() < deadline and not (metrics.exists() and metrics.stat().st_size > 0):
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=60)[1]
            self.assertEqual(process.returncode, 130, said)
            shown = self.run_program("show", "./" + name)
            commands = self.printed(said) + self.printed(shown.stdout)
            self.assertEqual(len(commands), 2, said + shown.stdout)
            for command in commands:
                self.paste(command, " --time 0.2s -q")

    def test_of_a_run_with_a_budget(self):
        result = self.run_program("train", "sea.txt", "--out=two words", *TINY, "--time", "0.3s")
        commands = self.printed(result.stderr)
        self.assertEqual(len(commands), 3, result.stderr)
        self.paste(commands[0], " -q")
        models = [(self.folder / run / "model.safetensors").read_bytes() for run in ("two words", "two words-again")]
        self.assertEqual(*models)

    def test_of_runs_begun_in_any_way(self):
        """From standard input, in another folder, of several texts, from a model: the same model again."""
        sub = self.folder / "sub folder"
        sub.mkdir()
        shutil.copy(self.folder / "sea.txt", sub / "it's.txt")
        self.run_program("train", "sea.txt", "--out=first model", *TINY, "--steps", "3")
        program, run = f"../{PROGRAM}", "../a run"
        for words in (f"- -o '{run} 1' <../sea.txt", f"it\\'s.txt ../sea.txt --documents files -o '{run} 2'",
                      f". --recursive --documents lines -o '{run} 3'",
                      f"../sea.txt --init-from '../first model' -o '{run} 4'"):
            settings = "" if "--init-from" in words else " ".join(TINY)
            result = subprocess.run(["bash", "-c", f"'{program}' train {settings} --time 0.3s {words}"], cwd=sub,
                                    capture_output=True, text=True)
            self.assertEqual(result.returncode, 0, result.stderr)
            again = next(line.strip() for line in result.stderr.splitlines() if " --config " in line)
            pasted = subprocess.run(["bash", "-c", again + " -q"], cwd=sub, capture_output=True, text=True)
            self.assertEqual(pasted.returncode, 0, pasted.stderr)
            number = words.split(run + " ")[1][0]
            models = [(self.folder / f"a run {name}" / "model.safetensors").read_bytes()
                      for name in (number, number + "-again")]
            self.assertEqual(*models, words)

    def test_of_the_notebook(self):
        shutil.copy(self.folder / "sea.txt", self.folder / "my sea.txt")
        result = self.run_program("notebook", "--epochs", "1", "--out", "my book", "--text", "my sea.txt", "--explain",
                                  "--hidden-size", "8")
        self.assertEqual(result.returncode, 0, result.stderr)
        for command in self.printed(result.stderr):
            self.paste(command, " -n 5 -q" if " sample " in command else "")
        in_lines = [c for c in self.printed(result.stdout) if "more text" not in c.lower() and "book.txt" not in c]
        self.assertGreaterEqual(len(in_lines), 5, result.stdout)
        self.assertTrue(any("'my sea.txt'" in command for command in in_lines), in_lines)
        for command in in_lines:
            first = command.split(" && ")[0]
            if " train " in first:
                self.paste(first, " --epochs 1 --hidden-size 8 -q -o other")
            else:
                self.paste(re.sub(r" --epochs \d+", "", first), " --epochs 0")
            if " && " in command:
                self.paste(command)

    def test_of_errors(self):
        (self.folder / "my caf\u00e9.txt").write_bytes("The caf\u00e9 \u201cquoted\u201d it\u2019s\n".encode("cp1252"))
        (self.folder / "-wide.txt").write_bytes("Zeile 0: Gr\u00f6\u00dfe \u00fcber alles\n".encode("utf-16-le"))
        self.run_program("train", "sea.txt", "--out=run", *TINY, "--steps", "1", "-q")
        for words in (["data", "my caf\u00e9.txt"], ["data", "--", "-wide.txt"], ["eval", "run", "my caf\u00e9.txt"],
                      ["sample", "run", "-f", "my caf\u00e9.txt"], ["sample", "run", "--file=-wide.txt"]):
            result = self.run_program(*words)
            self.assertEqual(result.returncode, 3, result.stderr)
            command = result.stderr[result.stderr.index("iconv -f"):].strip()
            self.paste(command)
            made = self.folder / ("-wide.utf-8.txt" if "wide" in words[-1] else "my caf\u00e9.utf-8.txt")
            self.assertRegex(made.read_text(), "caf\u00e9 \u201cquoted|Gr\u00f6\u00dfe")
            made.unlink()

    def test_of_help_and_hints(self):
        for words in (["--help"], ["train", "--help"], ["sample", "--help"]):
            self.assertGreaterEqual(len(self.printed(self.run_program(*words).stdout)), 3)
        hint = self.run_program("trian").stderr
        self.assertIn(f"did you mean {WORD} train?", hint)
        self.paste(WORD + " train --help")

    def test_of_the_examples_in_help(self):
        """Each, with files of the names that it has; training is planned, a model writes little."""
        text = "ROMEO: the sea was calm,\nthe sea was grey. Once " * 60
        (self.folder / "books").mkdir()
        for name in ("book", "shakespeare", "play", "other", "letter", "poem", "books/one", "books/two"):
            (self.folder / f"{name}.txt").write_text(text)
        with gzip.open(self.folder / "wiki.gz", "wt") as file:
            file.write(text)
        for run in ("runs/shakespeare", "runs/book"):
            self.paste(f"{WORD} train book.txt -o {run} {' '.join(TINY)} --steps 2 -q")
        saved = (self.folder / "runs/book/model.safetensors").read_bytes()
        for model in ("model", "names", "book"):
            (self.folder / f"{model}.safetensors").write_bytes(saved)
        (self.folder / "theirs.safetensors").write_bytes(without_metadata(saved))
        (self.folder / "chars.json").write_text(json.dumps(sorted(set(text))))
        pasted = 0
        for command in ("train", "sample", "eval", "show", "data", "export", "serve", "notebook"):
            parts = self.run_program(command, "--help").stdout.split("\n\n")
            lines = next(part for part in parts if part.startswith("Examples")).splitlines()
            for example in [line for line in lines if WORD in line]:
                example = re.sub(r"\s+# .*| --port \d+", "", example.strip())
                if command == "train":
                    self.paste(example, " -q" if "--resume" in example else " --dry-run -q")
                elif command == "sample":
                    self.paste(example.replace("-n -1", "-n 9"), " -q >written.txt")
                elif command == "notebook":
                    self.paste(re.sub(r" --epochs \d+", "", example), " --epochs 0")
                else:
                    self.paste(example)
                pasted += 1
        self.assertGreaterEqual(pasted, 25)

    def test_of_the_demo(self):
        """What scripts/demo.sh ends with, called from the tree and from elsewhere."""
        source = os.environ["CHARRNN_SOURCE"]
        print_end = '. "$1/scripts/lib.sh"; program=$(quoted "$2"); eval "$(sed -n "/^next /,\\$p" scripts/demo.sh)"'
        for called_in in (source, self.folder):
            end = subprocess.run(["bash", "-c", print_end, "bash", source, CHARRNN], cwd=called_in, capture_output=True,
                                 text=True, check=True).stderr
            commands = [line.strip() for line in end.splitlines() if line.startswith("  ")]
            self.assertEqual(len(commands), 3, end)
            planned = subprocess.run(["bash", "-c", commands[0] + " --dry-run"], cwd=called_in, capture_output=True,
                                     text=True)
            self.assertEqual(planned.returncode, 0, f"{commands[0]}: {planned.stderr}")
            run = re.search(r" -o (\S+)", commands[0])[1]
            self.assertTrue(commands[1].endswith(" sample " + run), commands)

    def test_hints_of_every_command(self):
        commands = re.findall(r"^  (\w+)  ", self.run_program("--help").stdout.split("Options")[0].split("Commands")[1], re.M)
        self.assertIn("train", commands)
        words = [["nonsense"], ["help", "--foo"], ["help", "nonsense"], ["help", "--man", "nonsense"], ["trian"]]
        for command in commands:
            words += [[command, "--nonsense"], [command, "--seed"], [command, "nowhere"], [command, "a", "b", "c"]]
            if command not in ("notebook", "serve", "bench"):  # which need no argument
                words.append([command])
        for each in words:
            result = self.run_program(*each)
            said = result.stderr.splitlines()
            self.assertIn(result.returncode, (2, 3, 5), f"{each}: {result.stderr}")
            self.assertEqual(len([line for line in said if ": error: " in line]), 1, result.stderr)
            hint = " ".join(said[1:])
            self.assertNotRegex(hint, r"(^|[\s'(])charrnn (-|[a-z])", f"{each}: {result.stderr}")
            if len(each) == 1 and each[0] in commands:
                self.assertRegex(result.stderr, f"charrnn {each[0]} needs a (text|model)\n  usage: ")


if __name__ == "__main__":
    unittest.main()
