"""Uses the installed package, for wheel_test.py: python_package_check.py PROGRAM NOTEBOOK."""

import json
import math
import os
import pathlib
import pty
import signal
import subprocess
import sys
import threading
import time
import types
import unittest
import unittest.mock

import numpy as np

import charrnn

PROGRAM, NOTEBOOK = sys.argv[1], sys.argv[2]
ISA = os.environ.get("CHARRNN_ISA") or None
TEXT = "The sea was calm, the sea was grey — and “so” it was.\n" * 60
SMALL = dict(hidden_size=16, steps=60, batch_size=8, seq_length=12, seed=5, threads=1, isa=ISA)


def program(*words):
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        pathlib.Path("sea.txt").write_text(TEXT)
        cls.models = {}
        for cell, layers in (("gru", 1), ("lstm", 2), ("rnn", 1)):
            charrnn.train("sea.txt", f"runs/{cell}", cell=cell, layers=layers, progress=False, **SMALL)
            cls.models[cell] = charrnn.load(f"runs/{cell}", isa=ISA)
        cls.model = cls.models["gru"]

    def test_version_is_the_programs(self):
        self.assertEqual(program("--version").split()[1], charrnn.__version__)

    def test_train_is_the_programs(self):
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in SMALL.items() if value is not None]
        program("train", "sea.txt", "-q", "-o", "runs/program", "--cell", "gru", "--layers", "1", *flags)
        self.assertEqual(pathlib.Path("runs/program/model.safetensors").read_bytes(),
                         pathlib.Path("runs/gru/model.safetensors").read_bytes())

    def test_train_takes_a_text_and_keeps_nothing(self):
        before = sorted(os.listdir("."))
        model = charrnn.train(TEXT, cell="gru", layers=1, progress=False, **SMALL)
        self.assertEqual(sorted(os.listdir(".")), before)
        self.assertEqual(model.sample("The ", 50, seed=1), self.model.sample("The ", 50, seed=1))
        as_bytes = charrnn.train(TEXT.encode(), cell="gru", layers=1, progress=False, **SMALL)
        self.assertEqual(as_bytes.sample("The ", 50, seed=1), self.model.sample("The ", 50, seed=1))
        several = charrnn.train([pathlib.Path("sea.txt"), "sea.txt"], progress=False, **SMALL)
        self.assertEqual(several.vocabulary, self.model.vocabulary)

    def test_sample_is_the_programs(self):
        for prompt, count, given in (("", 300, {"seed": 3}), ("The sea — ", 80, {"seed": 4, "temp": 0.7, "top-k": 5}),
                                     ("", 50, {"seed": 11, "stop": "sea"})):
            flags = [word for name, value in given.items() for word in (f"--{name}", value)]
            expected = json.loads(program("sample", "runs/gru", "-p", prompt, "-n", count, "--json", "-q", *flags))
            names = {name.replace("temp", "temperature").replace("-", "_"): value for name, value in given.items()}
            self.assertEqual(self.model.sample(prompt, count, **names), expected["text"])
            self.assertEqual("".join(self.model.stream(prompt, count, **names)), expected["text"])
        both = self.model.samples(2, "The ", 40, seed=3)
        self.assertEqual(both[0], self.model.sample("The ", 40, seed=3))
        self.assertNotEqual(both[0], both[1])
        self.assertNotEqual(self.model.sample("The ", 200), self.model.sample("The ", 200))  # drawn seeds

    def test_an_endless_stream_can_be_left(self):
        stream = self.model.stream("The ", -1, seed=1)
        self.assertEqual("".join(next(stream) for _ in range(30)), self.model.sample("The ", 30, seed=1))
        with self.assertRaises(ValueError):
            self.model.sample("The ", -1)

    def test_surprisal_is_evals(self):
        other = "The sea is £ not calm; the sea is deep.\n" * 10
        pathlib.Path("other.txt").write_text(other)
        for cell, model in self.models.items():
            expected = json.loads(program("eval", f"runs/{cell}", "other.txt", "--json", "-q"))
            nats = model.surprisal(other)
            self.assertEqual((nats.dtype, nats.shape), (np.float32, (len(other) - 1,)))
            self.assertTrue(math.isclose(nats.mean(), expected["loss"], rel_tol=1e-5), (nats.mean(), expected))
        known = sum(character in self.model.vocabulary for character in other)
        self.assertLess(known, len(other))
        self.assertEqual(len(self.model.surprisal(other, unknown="skip")), known - 1)

    def test_states_follow_the_formulas(self):
        text = "The sea was"
        for cell, names in (("rnn", {"h"}), ("gru", {"h", "r", "z", "n"}), ("lstm", {"h", "c", "i", "f", "g", "o"})):
            model = self.models[cell]
            states = model.states(text)
            self.assertEqual(set(states), names)
            for values in states.values():
                self.assertEqual(values.shape, (model.config["layers"], len(text), 16))
            s = types.SimpleNamespace(**states)
            before = np.zeros_like(s.h)
            before[:, 1:] = s.h[:, :-1]
            if cell == "gru":
                np.testing.assert_allclose(s.h, (1 - s.z) * s.n + s.z * before, atol=1e-6)
            if cell == "lstm":
                np.testing.assert_allclose(s.h, s.o * np.tanh(s.c), atol=1e-6)
            weights = model.weights
            logits = s.h[-1] @ weights["fc.weight"].T + weights["fc.bias"]
            log_probabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            np.testing.assert_allclose(model.log_probabilities(text), log_probabilities, atol=1e-4)
            came = [model.vocabulary.index(character) for character in text[1:]]
            np.testing.assert_allclose(model.surprisal(text), -log_probabilities[np.arange(len(came)), came], atol=1e-4)

    def test_what_a_model_says_of_itself(self):
        self.assertEqual(self.model.vocabulary, sorted(set(TEXT)))
        self.assertEqual({**self.model.config, "embedding_size": 0},
                         {"cell": "gru", "layers": 1, "hidden_size": 16, "embedding_size": 0, "one_hot": False,
                          "vocabulary_size": len(set(TEXT)), "encoding": "utf-8", "lowercase": False})
        self.assertIn("gru", repr(self.model))
        self.assertEqual(self.model.metadata["steps"], "60")
        self.model.save("copy.safetensors")
        self.assertEqual(pathlib.Path("copy.safetensors").read_bytes(),
                         pathlib.Path("runs/gru/model.safetensors").read_bytes())

    def test_a_model_of_bytes_keeps_every_byte(self):
        content = bytes(range(128, 256)) * 40
        model = charrnn.train(content, encoding="bytes", progress=False, **SMALL)
        text = model.sample(bytes([200]).decode("utf-8", "surrogateescape"), 100, seed=1)
        self.assertEqual(len(text.encode("utf-8", "surrogateescape")), 100)
        self.assertEqual(model.surprisal(content[:50].decode("utf-8", "surrogateescape")).shape, (49,))

    def test_errors_are_exceptions_that_fit(self):
        for kind, code, call in (
                (FileNotFoundError, 5, lambda: charrnn.load("nowhere.safetensors")),
                (FileNotFoundError, 5, lambda: charrnn.train("nowhere.txt", progress=False)),
                (ValueError, 4, lambda: charrnn.load("sea.txt")),
                (ValueError, 3, lambda: self.model.sample("☃")),
                (ValueError, 3, lambda: self.model.surprisal("a")),
                (ValueError, 2, lambda: self.model.sample("", temperature=-1)),
                (ValueError, 2, lambda: charrnn.train("sea.txt", hiden_size=3, progress=False)),
                (ValueError, 2, lambda: charrnn.train("sea.txt", "runs/gru", progress=False)),
                (OSError, 5, lambda: self.model.save("no/such/folder/model.safetensors"))):
            with self.assertRaises(kind) as caught:
                call()
            self.assertIsInstance(caught.exception, charrnn.Error)
            self.assertEqual(caught.exception.code, code)
            self.assertTrue(caught.exception.message and caught.exception.hint)

    def test_progress_is_told_and_can_stop(self):
        told = []
        model = charrnn.train(TEXT, progress=lambda now: told.append(now) or now.step >= 20, **SMALL)
        self.assertEqual(told[-1].step, 20)
        self.assertEqual([now.step for now in told if now.step > 0], list(range(1, 21)))
        self.assertLess(told[-1].loss, told[-20].loss)
        self.assertEqual(told[-1].total_steps, 60)
        self.assertEqual(len(model.sample("The ", 10)), 10)

        def fail(now):
            raise LookupError("the caller's own")

        with self.assertRaises(LookupError):
            charrnn.train(TEXT, progress=fail, **SMALL)

    def test_ctrl_c_keeps_what_was_learned_and_resume_goes_on(self):
        def interrupt(now):
            if now.step == 30:
                os.kill(os.getpid(), signal.SIGINT)

        model = charrnn.train("sea.txt", "runs/stopped", progress=interrupt, cell="gru", layers=1, **SMALL)
        self.assertEqual(len(model.sample("The ", 10)), 10)
        self.assertIs(signal.getsignal(signal.SIGINT), signal.default_int_handler)
        charrnn.train(None, "runs/stopped", resume=True, progress=False, threads=1, isa=ISA)
        self.assertEqual(pathlib.Path("runs/stopped/model.safetensors").read_bytes(),
                         pathlib.Path("runs/gru/model.safetensors").read_bytes())

    def test_ctrl_c_ends_a_long_surprisal(self):
        model = charrnn.train(TEXT, progress=False, **SMALL)
        stop_function = charrnn._library.STOP_FUNCTION

        def interrupting(ask):
            def asked(data):
                os.kill(os.getpid(), signal.SIGINT)
                return ask(data)

            return stop_function(asked)

        with unittest.mock.patch.object(charrnn._library, "STOP_FUNCTION", interrupting):
            with self.assertRaisesRegex(KeyboardInterrupt, "stopped before"):  # by the library
                model.surprisal(TEXT * (150_000 // len(TEXT)))
        self.assertIs(signal.getsignal(signal.SIGINT), signal.default_int_handler)
        self.assertEqual(len(model.surprisal(TEXT)), len(TEXT) - 1)

    def test_other_threads_run_beside_the_library(self):
        counted, done = 0, threading.Event()

        def work():
            charrnn.train(TEXT, progress=False, **{**SMALL, "hidden_size": 128, "steps": 100})
            done.set()

        thread = threading.Thread(target=work)
        thread.start()
        while not done.is_set():
            counted += 1
            time.sleep(0.001)
        thread.join()
        self.assertGreater(counted, 10)
        expected = self.model.sample("The ", 500, seed=1)
        texts = [""] * 4
        threads = [threading.Thread(target=lambda i=i: texts.__setitem__(i, self.model.sample("The ", 500, seed=1)))
                   for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(texts, [expected] * 4)

    def test_a_forked_process_uses_the_model(self):
        expected = self.model.sample("The ", 50, seed=1)
        child = os.fork()
        if child == 0:
            signal.alarm(60)  # where the child waits for threads that only its parent has
            os._exit(0 if self.model.sample("The ", 50, seed=1) == expected else 1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_the_bars(self):
        code = f"import charrnn; charrnn.train({TEXT!r}, **{SMALL!r})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        self.assertEqual((done.stdout, done.stderr), ("", ""))  # no terminal
        seen, ours = pty.openpty()
        subprocess.run([sys.executable, "-c", code], stderr=ours, check=True)
        self.assertIn("step 60 of 60", os.read(seen, 100_000).decode())
        shown = []

        class Handle:
            def update(self, html):
                shown.append(html)

        display = types.ModuleType("IPython.display")
        display.HTML = str
        display.display = lambda html, display_id: shown.append(html) or Handle()
        ipython = types.ModuleType("IPython")
        ipython.display = display
        ipython.get_ipython = lambda: type("ZMQInteractiveShell", (), {})()
        sys.modules.update({"IPython": ipython, "IPython.display": display})
        try:
            charrnn.train(TEXT, **SMALL)
        finally:
            del sys.modules["IPython"], sys.modules["IPython.display"]
        self.assertIn("<progress", shown[-1])
        self.assertIn("step 60 of 60", shown[-1])

    def test_the_notebook_runs(self):
        shared = {}
        for cell in json.loads(pathlib.Path(NOTEBOOK).read_text())["cells"]:
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), shared)
        self.assertLess(shared["model"].surprisal(shared["text"]).mean(), 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=0)
