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
