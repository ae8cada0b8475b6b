"""charrnn data from outside: what it prints, and how it fails on odd texts."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

CHARRNN = os.environ["CHARRNN"]
if not pathlib.Path(CHARRNN).exists():
    print("the program is not built")
    sys.exit(77)


def data(*words, **more):
    return subprocess.run([CHARRNN, "data", *words], capture_output=True, timeout=120, **more)


class Data(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="charrnn-data-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def expect_failure(self, code, name, *words, **more):
        """One line that says what is wrong, a second that says what to do."""
        result = data(*words, **more)
        error = result.stderr.decode()
        self.assertEqual(result.returncode, code, error)
        self.assertEqual(result.stdout, b"")
        self.assertEqual(len(error.splitlines()), 2, error)
        again = data("--json", *words, **more)
        self.assertEqual(json.loads(again.stderr)["error"]["code"], name)
        return error

    def test_counts_in_json(self):
        text = "the cat sat\n" * 100
        result = data(self.write("cat.txt", text.encode()), "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        found = json.loads(result.stdout)
        self.assertEqual(found["characters"], len(text))
        self.assertEqual(found["text"], "cat")
        self.assertEqual({e["character"]: e["count"] for e in found["vocabulary"]},
                         {c: text.count(c) for c in set(text)})
        self.assertEqual(found["lines"]["count"], 100)
        self.assertEqual(found["training_characters"], int(len(text) * 0.9))
        self.assertLess(found["ngram"]["bits_per_character"], 0.2)

    def test_limits_the_ngrams(self):
        text = self.write("cat.txt", b"the cat sat on the mat\n" * 300)
        orders = lambda *words: json.loads(data(text, "--json", *words).stdout)["ngram"]
        self.assertEqual(len(orders("--max-order", "1")["bits_by_context"]), 2)
        self.assertGreater(len(orders()["bits_by_context"]), 2)
        self.assertIsNone(orders("--no-ngrams"))
        self.assertNotIn(b"n-gram", data(text, "--no-ngrams").stdout)
        self.expect_failure(2, "options_together", text, "--no-ngrams", "--max-order", "3")

    def test_figures_do_not_depend_on_threads(self):
        text = self.write("words.txt", b"".join(b"%d squared is %d\n" % (i, i * i) for i in range(20000)))
        one, three = (data(text, "--json", "--threads", n).stdout for n in "13")
        self.assertEqual(one, three)

    def test_says_byte_of_bytes(self):
        page = data(self.write("cat.txt", "caf\u00e9 cr\u00e8me\n".encode() * 100), "--encoding", "bytes")
        self.assertIn("bits per byte", page.stdout.decode())
        self.assertNotIn("character", page.stdout.decode())

    def test_prints_a_page(self):
        result = data(self.write("cat.txt", b"the cat sat\n" * 100))
        self.assertIn("1,200 bytes, 1,200 characters, 8 different", result.stdout.decode())
        self.assertEqual(result.stderr, b"")

    def test_reads_standard_input(self):
        result = data("-", "--json", input=b"abcabcabc\n" * 20)
        found = json.loads(result.stdout)
        self.assertEqual((found["characters"], found["text"]), (200, "stdin"))

    def test_takes_a_name_that_begins_with_a_dash(self):
        self.write("-text", b"abcabcabc\n")
        result = data("--", "-text", cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_refuses_what_is_no_text(self):
        self.expect_failure(3, "corpus_empty", self.write("empty", b""))
        self.expect_failure(3, "corpus_too_short", self.write("one", b"x"))
        error = self.expect_failure(3, "invalid_utf8", self.write("latin1", b"caf\xe9!\n\xe9"))
        self.assertIn("bytes e9 21 0a e9 at byte 3, line 1; 2 bad places in all", error)
        self.expect_failure(3, "not_a_text", self.write("gz", b"\x1f\x8b\x08\0\0\0"))
        self.expect_failure(3, "is_a_directory", str(self.folder))
        self.assertEqual(data(self.write("gz", b"\x1f\x8b\x08\0"), "--encoding", "bytes").returncode, 0)
        self.assertEqual(data(self.write("l", b"caf\xe9 au lait"), "--invalid", "replace").returncode, 0)

    def test_says_what_the_system_says(self):
        error = self.expect_failure(5, "cannot_read", str(self.folder / "mis\nsing\x1b[31m"))
        self.assertIn("No such file or directory", error)
        self.assertIn("mis\\nsing\\x1b[31m", error)
        os.symlink("loop", self.folder / "loop")
        self.expect_failure(5, "cannot_read", str(self.folder / "loop"))
        result = subprocess.run([CHARRNN, "data", "-"], stdin=None, capture_output=True,
                                preexec_fn=lambda: os.close(0), timeout=60)
        self.assertEqual(result.returncode, 5, result.stderr)

    def test_stops_at_the_limit(self):
        self.expect_failure(7, "corpus_too_large", "/dev/zero", "--max-corpus", "1000000")
        self.expect_failure(7, "corpus_too_large", "/dev/urandom", "--max-corpus", "1000000")

    def test_ends_at_control_c_while_it_waits_for_a_pipe(self):
        process = subprocess.Popen([CHARRNN, "data", "-"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        # The signal may come before the program has begun to listen; then it ends as well.
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            state = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            if state == "S":
                process.send_signal(signal.SIGINT)
            time.sleep(0.05)
        process.communicate()
        self.assertIn(process.returncode, (130, -signal.SIGINT))


if __name__ == "__main__":
    unittest.main()
