"""Exported graphs of ONNX, run by onnxruntime: the losses of texts are those of `charrnn eval`. The checker of Debian's python3-onnx
reads them where it is installed. Skipped where there is no node, npm or package registry."""

import importlib.util
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import unittest

from npm_support import installed
from serve_support import CHARRNN, VOCABULARY, folder, write_model

PLACE = installed("onnxruntime")
try:
    import onnx
except ImportError:
    onnx = None


def losses(file, texts, layers, hidden):
    work = {"file": str(file), "texts": texts, "cut": 13, "vocabulary": VOCABULARY, "layers": layers, "hidden": hidden}
    return json.loads(subprocess.run(["node", "losses.mjs"], cwd=PLACE, input=json.dumps(work), capture_output=True, text=True, check=True).stdout)


def exported(model, file, *options):
    result = subprocess.run([CHARRNN, "export", model, file, "--json", *options], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


class Onnx(unittest.TestCase):
    def setUp(self):
        self.scratch = folder()
        self.folder = pathlib.Path(self.scratch.__enter__())
        self.addCleanup(self.scratch.__exit__, None, None, None)
        self.model, self.file, self.text = (self.folder / name for name in ("m.safetensors", "m.onnx", "text.txt"))
        self.numbers = random.Random(3)

    def evaluated(self, text):
        self.text.write_text(text)
        out = subprocess.run([CHARRNN, "eval", self.model, self.text, "--json"], capture_output=True, text=True, check=True).stdout
        return json.loads(out)["loss"]

    def texts(self, count, length=50):
        return ["".join(self.numbers.choices(VOCABULARY, k=length)) for _ in range(count)]

    def test_the_example_of_the_documents_writes(self):
        try:
            import numpy
        except ImportError:
            numpy = None
        if onnx is None or numpy is None:
            self.skipTest("no python3-onnx or python3-numpy")
        page = pathlib.Path(os.environ["CHARRNN_SOURCE"], "docs/export.md").read_text()
        example = re.search(r"```python\n(import json, numpy, onnxruntime\n.*?)```", page, re.DOTALL)[1]
        here = pathlib.Path(os.environ["CHARRNN_SOURCE"]) / "tests/onnxruntime"
        spec = importlib.util.find_spec("onnxruntime")  # the folder of that name beside this file has no origin
        is_there = spec is not None and spec.origin is not None
        own = {} if is_there else {"PYTHONPATH": str(here), "ONNXRUNTIME_FOR_NODE": str(PLACE)}
        for cell in ("lstm", "gru"):
            write_model(self.model, cell=cell, layers=2, hidden=11, embedding=9, seed=2)
            exported(self.model, self.folder / "book.onnx")
            done = subprocess.run([sys.executable, "-B", "-c", example], cwd=self.folder, capture_output=True, text=True,
                                  env={**os.environ, **own})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(done.stdout.startswith("the "))
            self.assertEqual(len(done.stdout), len("the ") + 200 + 1)
            self.assertLessEqual(set(done.stdout[:-1]), set(VOCABULARY))

    def test_losses_are_those_of_eval(self):
        for cell, states in (("rnn", ["h"]), ("lstm", ["h", "c"]), ("gru", ["h"])):
            for layers in (1, 2, 3):
                hidden, batch = self.numbers.randint(5, 40), (1, 7)[layers % 2]
                with self.subTest(cell=cell, layers=layers, hidden=hidden, batch=batch):
                    write_model(self.model, cell=cell, layers=layers, hidden=hidden, embedding=9, seed=layers)
                    exported(self.model, self.file)
                    texts = self.texts(batch)
                    found = losses(self.file, texts, layers, hidden)
                    for text, loss in zip(texts, found["losses"]):
                        self.assertAlmostEqual(loss, self.evaluated(text), delta=1e-5)
                    self.assertEqual(found["inputs"], ["input", *(f"{name}_0" for name in states)])
                    self.assertEqual(found["outputs"], ["logits", *(f"{name}_n" for name in states)])
                    if onnx:
                        onnx.checker.check_model(str(self.file), full_check=True)

    def test_rounded_weights_predict_as_their_cost_says(self):
        write_model(self.model, cell="gru", layers=2, hidden=24, embedding=9)
        text = self.texts(1, 300)[0]
        exact = self.evaluated(text)
        sizes = [exported(self.model, self.file)["bytes"]]
        for precision, most in (("f16", 1e-3), ("int8", 0.05)):
            with self.subTest(precision=precision):
                report = exported(self.model, self.file, "--precision", precision)
                (loss,) = losses(self.file, [text], 2, 24)["losses"]
                self.assertNotEqual(loss, exact)
                self.assertAlmostEqual(loss, exact, delta=most)
                self.assertGreater(report["rounding_cost"], 0)
                self.assertLess(report["rounding_cost"], most)
                sizes.append(report["bytes"])
        self.assertGreater(sizes[0], 1.5 * sizes[1])
        self.assertGreater(sizes[1], 1.3 * sizes[2])

    def test_a_trained_one_hot_model_has_its_metadata(self):
        source = self.folder / "source.txt"
        source.write_text("the cat sat on the mat and the rat ran. " * 60)
        subprocess.run([CHARRNN, "train", source, "-o", self.folder / "run", "--steps", "3", "--one-hot", "--hidden-size", "16", "-q"], check=True)
        exported(self.folder / "run", self.file, "--precision", "int8")
        content = self.file.read_bytes()
        for key in (b"vocabulary", b"validation_loss", b"one_hot", b"weight_type"):
            self.assertIn(key, content)
        if onnx:
            found = {entry.key: entry.value for entry in onnx.load(str(self.file)).metadata_props}
            self.assertEqual(json.loads(found["vocabulary"]), sorted(set(source.read_text())))

    def test_nothing_of_others_is_replaced(self):
        write_model(self.model)
        self.file.write_text("my own")
        result = subprocess.run([CHARRNN, "export", self.model, self.file], capture_output=True, text=True)
        self.assertEqual(result.returncode, 2)
        self.assertEqual(self.file.read_text(), "my own")
        self.file.unlink()
        exported(self.model, self.file)
        first = self.file.read_bytes()
        exported(self.model, self.file)
        self.assertEqual(self.file.read_bytes(), first)

    def test_a_file_of_unknown_kind_is_refused(self):
        write_model(self.model)
        for name in ("book", "book.txt", ".onnx.txt"):
            result = subprocess.run([CHARRNN, "export", self.model, name], cwd=self.folder, capture_output=True, text=True)
            self.assertEqual(result.returncode, 2, name)
            self.assertFalse(os.path.exists(self.folder / name))


unittest.main()
