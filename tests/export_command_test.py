"""`charrnn export` as a person calls it: which file it writes, what it says, and what it refuses."""

import json
import pathlib
import subprocess
import unittest

from serve_support import CHARRNN, folder, write_model


class Export(unittest.TestCase):
    def setUp(self):
        self.scratch = folder()
        self.folder = pathlib.Path(self.scratch.__enter__())
        self.addCleanup(self.scratch.__exit__, None, None, None)
        self.model = self.folder / "m.safetensors"
        write_model(self.model, cell="gru", layers=1, hidden=8)

    def export(self, name, *options):
        return subprocess.run([CHARRNN, "export", self.model, self.folder / name, *options], capture_output=True, text=True)

    def refused(self, code, words, name, *options):
        result = self.export(name, *options)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 2, result.stderr)
        self.assertIn(words, result.stderr)
        self.assertEqual(result.stdout, "")

    def test_page_is_f16_unless_told_otherwise(self):
        for options, precision in (((), "f16"), (("--precision", "f32"), "f32"), (("--precision", "int8"), "int8")):
            found = json.loads(self.export("book.html", "--json", *options).stdout)
            page = (self.folder / "book.html").read_text()
            self.assertEqual((found["format"], found["precision"], found["bytes"]), ("html", precision, len(page.encode())))
            self.assertEqual("rounding_cost" in found, precision != "f32")
            self.assertIn(f'data-tensor="fc.weight" data-precision="{precision}"', page)

    def test_a_model_of_others_becomes_ours(self):
        theirs = self.folder / "theirs.safetensors"
        write_model(theirs, cell="gru", layers=1, hidden=8)
        content = theirs.read_bytes()
        size = int.from_bytes(content[:8], "little")
        header = json.loads(content[8:8 + size])
        vocabulary = json.loads(header["__metadata__"].pop("vocabulary"))
        head = json.dumps(header).encode()
        theirs.write_bytes(len(head).to_bytes(8, "little") + head + content[8 + size:])
        (self.folder / "ids.json").write_text(json.dumps({character: i for i, character in enumerate(vocabulary)}))
        self.model = theirs
        self.refused(4, "--vocabulary FILE.json", "ours.safetensors")
        found = self.export("ours.safetensors", "--vocabulary", self.folder / "ids.json", "--json")
        self.assertEqual(json.loads(found.stdout)["format"], "safetensors", found.stderr)
        write_model(self.folder / "known.safetensors", cell="gru", layers=1, hidden=8)
        texts = [subprocess.run([CHARRNN, "sample", self.folder / name, "-n", "60", "--seed", "3", "-q"], capture_output=True, text=True).stdout
                 for name in ("ours.safetensors", "known.safetensors")]
        self.assertEqual(texts[0], texts[1])
        self.assertEqual(len(texts[0]), 60)
        self.refused(2, "is there", "ours.safetensors", "--vocabulary", self.folder / "ids.json")
        self.refused(2, "a .safetensors model is float32", "other.safetensors", "--precision", "int8")
        self.model = self.folder / "known.safetensors"
        self.refused(2, "has a vocabulary of its own", "other.safetensors", "--vocabulary", self.folder / "ids.json")

    def test_title_is_given_or_the_files_name(self):
        self.export("my book.html")
        self.assertIn("<title>my book</title>", (self.folder / "my book.html").read_text())
        self.export("my book.html", "--title", "מלים & words")
        self.assertIn("<title>מלים &amp; words</title>", (self.folder / "my book.html").read_text())

    def test_page_is_the_same_each_time(self):
        self.export("a.html", "--title", "t")
        self.export("b.html", "--title", "t")
        self.assertEqual((self.folder / "a.html").read_bytes(), (self.folder / "b.html").read_bytes())

    def test_words_are_for_a_page_and_are_utf_8(self):
        self.refused(2, "--title is for a page", "m.onnx", "--title", "x")
        self.refused(2, "--credits is for a page", "m.onnx", "--credits", "x")
        self.refused(3, "--title", "m.html", "--title", b"\xff")
        self.refused(3, "--credits", "m.html", "--credits", b"\xff")
        self.assertEqual([file.name for file in self.folder.iterdir()], ["m.safetensors"])

    def test_ending_says_the_format(self):
        self.refused(2, "does not tell the format", "book.htm")

    def test_a_strangers_file_stays(self):
        (self.folder / "index.html").write_text("<p>mine</p>")
        self.refused(2, "was not made by charrnn", "index.html")
        self.assertEqual((self.folder / "index.html").read_text(), "<p>mine</p>")


unittest.main()
