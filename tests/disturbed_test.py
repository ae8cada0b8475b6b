"""What happens to files while the program uses them, and Ctrl-C where it is not expected: each run keeps a whole model
and a checkpoint to go on from, and a model that changes while it is read is read whole or refused."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

CHARRNN = os.environ["CHARRNN"]
TEXT = "the sea was calm and the old boat lay still at the end of the day.\n" * 60
TINY = ["--hidden-size", "16", "--embedding-size", "8", "--batch-size", "4", "--seq-length", "16", "--threads", "1",
        "--patience", "0", "--eval-every", "20", "--report-every", "10"]  # fmt: skip
ENDLESS = ["--steps", "1000000000"]


class Disturbed(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="charrnn-disturbed-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.text = self.folder / "sea.txt"
        self.text.write_text(TEXT)

    def program(self, *words, **more):
        return subprocess.run([CHARRNN, *map(str, words)], cwd=self.folder, capture_output=True, text=True, timeout=120,
                              check=False, **more)

    def begin(self, *more, run="run"):
        """A training that has reported: it is about to save, saves, or has saved."""
        process = subprocess.Popen([CHARRNN, "train", "sea.txt", "--out", run, *TINY, *more], cwd=self.folder,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        metrics = self.folder / run / "metrics.jsonl"
        while not (metrics.exists() and metrics.read_text().count('"step"') > 1) and process.poll() is None:
            pass
        self.assertIsNone(process.poll(), "it has ended")
        return process

    def must_go_on(self, run="run"):
        shown = self.program("show", run)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        result = self.program("train", "--resume", "--out", run, "--time", "0.1s", "-q")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertFalse(list((self.folder / run).glob(".charrnn.tmp*")), "temporaries are left")

    def test_a_second_ctrl_c_ends_at_once_with_whole_files(self):
        for pause in (0, 0.001, 0.01):
            with self.subTest(pause=pause):
                process = self.begin(*ENDLESS, "--checkpoint-every", "3", run=f"run-{pause}")
                process.send_signal(signal.SIGINT)
                threading.Event().wait(pause)
                process.send_signal(signal.SIGINT)
                said = process.communicate(timeout=60)[1]
                self.assertIn(process.returncode, (130, -signal.SIGINT), said)  # both are 130 to a shell
                self.must_go_on(f"run-{pause}")

    def test_ctrl_c_within_a_save_lets_it_end(self):
        for i in range(4):
            with self.subTest(i=i):
                process = self.begin(*ENDLESS, "--checkpoint-every", "1", run=f"run-{i}")  # it hardly does more
                threading.Event().wait(0.002 * i)
                process.send_signal(signal.SIGINT)
                said = process.communicate(timeout=60)[1]
                self.assertEqual(process.returncode, 130, said)
                self.must_go_on(f"run-{i}")

    def test_a_text_that_changes_while_it_is_learned_from_changes_nothing(self):
        self.assertEqual(self.program("train", "sea.txt", "--out", "alone", *TINY, "--steps", "400", "-q").returncode, 0)
        process = self.begin("--steps", "400", "-q")
        with open(self.text, "r+") as file:
            file.truncate(10)
        said = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 0, said)
        models = [(self.folder / run / "model.safetensors").read_bytes() for run in ("alone", "run")]
        self.assertEqual(*models)
        refused = self.program("train", "--resume", "--out", "run", "--steps", "500")
        self.assertEqual(refused.returncode, 4, refused.stderr)
        self.assertEqual(len(refused.stderr.splitlines()), 2, refused.stderr)
        self.text.write_text(TEXT)
        self.must_go_on()

    def test_a_model_that_changes_while_it_is_read_is_whole_or_refused(self):
        self.assertEqual(self.program("train", "sea.txt", "--out", "a", *TINY, "--steps", "1", "-q").returncode, 0)
        self.assertEqual(self.program("train", "sea.txt", "--out", "b", *TINY, "--steps", "2", "-q").returncode, 0)
        models = [(self.folder / run / "model.safetensors").read_bytes() for run in "ab"]
        path = self.folder / "m.safetensors"
        path.write_bytes(models[0])
        over = threading.Event()

        def disturb():
            while not over.is_set():
                for model in models:
                    with open(path, "r+b") as file:  # in place, as cp does
                        file.truncate(len(model) // 2)
                        file.write(model)

        thread = threading.Thread(target=disturb)
        thread.start()
        try:
            codes = {self.program("eval", "m.safetensors", "sea.txt", "--json").returncode for _ in range(25)}
        finally:
            over.set()
            thread.join()
        self.assertLessEqual(codes, {0, 4, 5})

    def test_little_room_is_told_before_it_lacks(self):
        disk = self.folder / "disk"
        disk.mkdir()
        script = 'mount -t tmpfs -o size=900k tmpfs disk && shift && exec "$0" "$@"'
        inside = ["unshare", "--mount", "--map-root-user", "sh", "-c", script, CHARRNN, "-"]
        if subprocess.run([*inside[:-2], "/bin/true", "-"], cwd=self.folder, capture_output=True, check=False).returncode != 0:
            self.skipTest("this system lets a test mount nothing")
        words = ["train", "sea.txt", "--out", "disk/run", *TINY[2:], "--steps", "2", "--hidden-size"]
        result = subprocess.run([*inside, *words, "64"], cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)
        self.assertIn("there is little room on the disk", result.stderr)
        result = subprocess.run([*inside, *words, "4"], cwd=self.folder, capture_output=True, text=True,
                                timeout=60, check=False)
        self.assertNotIn("little room", result.stderr)


if __name__ == "__main__":
    unittest.main()
