"""`charrnn train --serve`: the page beside a training, and that neither process harms the other."""

import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import subprocess
import time
import unittest
import urllib.request

from serve_support import CHARRNN, PATIENCE, folder, request_bytes, wait_until

TEXT = "the sea was calm and the sky was clear. " * 200
SMALL = ["--cell", "gru", "--layers", "1", "--hidden-size", "16", "--embedding-size", "8", "--batch-size", "4", "--seq-length", "16",
         "--seed", "1", "--report-every", "1", "--eval-every", "50"]
PAGE = re.compile(r"page +(http://127\.0\.0\.1:(\d+)/\S*)")


def ask(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as reply:
        return json.load(reply)


def is_served(port):
    try:
        return ask(port, "/health") == {"status": "ok"}
    except OSError:
        return False


def server_of(trainer):
    """The trainer's one child."""
    pid = trainer.pid
    return int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


class Training(unittest.TestCase):
    def setUp(self):
        self.scratch = folder()
        self.addCleanup(self.scratch.cleanup)
        self.root = pathlib.Path(self.scratch.name)
        (self.root / "sea.txt").write_text(TEXT)

    def command(self, *options):
        return [CHARRNN, "train", "sea.txt", *SMALL, *options]

    def start(self, *options):
        """The trainer, the page's address and port."""
        log = open(self.root / "log", "w+")
        self.addCleanup(log.close)
        trainer = subprocess.Popen(self.command("--serve", "0", *options), cwd=self.root, stderr=log, stdout=subprocess.DEVNULL)
        self.addCleanup(self.end, trainer)
        wait_until(lambda: PAGE.search(self.said()) or trainer.poll() is not None, what="the page")
        found = PAGE.search(self.said())
        self.assertTrue(found, self.said())
        return trainer, found.group(1), int(found.group(2))

    def end(self, trainer):
        if trainer.poll() is None:
            trainer.kill()
        trainer.wait()

    def said(self):
        return (self.root / "log").read_text()

    def model(self, run="runs/sea"):
        return (self.root / run / "model.safetensors").read_bytes()

    def test_the_servers_work_stands_back_but_not_its_answers(self):
        trainer, _, port = self.start("--steps", "1000000")
        self.assertTrue(is_served(port))
        tasks = pathlib.Path(f"/proc/{server_of(trainer)}/task")
        by_niceness = {}
        for task in tasks.iterdir():
            fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
            by_niceness.setdefault(int(fields[16]), []).append(task.name)
        own = os.getpriority(os.PRIO_PROCESS, 0)
        if own == 19:
            return  # nothing is nicer
        self.assertEqual(len(by_niceness[own]), 6, by_niceness)  # main, input and output, the watcher, three for small requests
        self.assertGreaterEqual(len(by_niceness[min(own + 10, 19)]), 5, by_niceness)

    def test_a_budget_says_when_the_training_ends(self):
        def ends():
            lines = (self.root / "run" / "metrics.jsonl").read_text().splitlines()
            return [line["total_seconds"] for line in map(json.loads, lines) if "total_seconds" in line]

        whole = ["--epochs", "1000000", "--patience", "0", "--out", "run", "-q"]  # nothing but the budget ends it
        begin = time.monotonic()
        subprocess.run(self.command("--time", "3s", *whole), cwd=self.root, check=True)
        first = time.monotonic() - begin  # more than 3 s where the machine is busy
        self.assertEqual(len(ends()), 1)
        self.assertTrue(0 < ends()[0] <= 3, ends())
        subprocess.run(self.command("--resume", "--steps", "1000000", "--time", "2s", *whole), cwd=self.root, check=True)
        self.assertEqual(len(ends()), 2)
        self.assertTrue(2 < ends()[1] <= first + 2, (ends(), first))  # the first run's seconds and at most two more

    def test_a_run_keeps_a_passage_of_what_it_does_not_learn_from(self):
        lines = [f"this is line number {number}\n" for number in range(400)]
        (self.root / "sea.txt").write_text("".join(lines))
        subprocess.run(self.command("--steps", "5", "--out", "run", "-q"), cwd=self.root, check=True)
        passage = (self.root / "run" / "passage.txt").read_text()
        first = lines.index(passage.splitlines(keepends=True)[0])
        self.assertEqual(passage, "".join(lines[first:first + passage.count("\n")]))
        self.assertTrue(360 <= first <= 365 and 400 < len(passage) <= 500, (first, len(passage)))

    def test_the_run_is_on_the_page_while_it_trains_and_not_after(self):
        trainer, address, port = self.start("--steps", "100000000", "--patience", "0")
        self.assertTrue(address.endswith("/#view=train&model=sea"), address)
        wait_until(lambda: [r["id"] for r in ask(port, "/charrnn/v1/runs")["runs"] if r["training"]] == ["sea"], what="the run")
        wait_until(lambda: ask(port, "/charrnn/v1/runs/sea/metrics")["lines"] > 5, what="its reports")
        trainer.send_signal(signal.SIGTERM)
        self.assertEqual(trainer.wait(20), 143)
        self.assertFalse(is_served(port))
        self.assertIn(" serve runs/sea", self.said())

    def test_the_model_is_the_same_bit_for_bit(self):
        trainer, _, _ = self.start("--steps", "120")
        self.assertEqual(trainer.wait(60), 0, self.said())
        subprocess.run(self.command("--steps", "120", "-o", "alone", "-q"), cwd=self.root, check=True)
        self.assertEqual(self.model(), self.model("alone"))

    def test_training_goes_on_without_its_server(self):
        trainer, _, port = self.start("--steps", "100000000", "--patience", "0")
        os.kill(server_of(trainer), signal.SIGKILL)
        wait_until(lambda: "the page's server has ended" in self.said(), what="the warning")
        reports = len((self.root / "runs/sea/metrics.jsonl").read_text())
        wait_until(lambda: len((self.root / "runs/sea/metrics.jsonl").read_text()) > reports, what="more reports")
        trainer.send_signal(signal.SIGINT)
        self.assertEqual(trainer.wait(20), 130)
        self.assertEqual(self.said().count("has ended; training goes on"), 1)

    def test_the_server_outlives_its_trainer_while_a_page_is_open(self):
        trainer, _, port = self.start("--steps", "100000000", "--patience", "0")
        server = server_of(trainer)
        self.addCleanup(lambda: os.path.exists(f"/proc/{server}") and os.kill(server, signal.SIGKILL))
        with socket.create_connection(("127.0.0.1", port), 10) as page:
            page.sendall(request_bytes("GET", "/charrnn/v1/events"))
            self.assertIn(b"200", page.recv(1000))
            wait_until(lambda: ask(port, "/charrnn/v1/runs")["runs"], what="the run")
            trainer.kill()
            trainer.wait()
            time.sleep(6)
            self.assertTrue(is_served(port))
            self.assertFalse(ask(port, "/charrnn/v1/runs")["runs"][0]["training"])
        wait_until(lambda: not is_served(port), what="the server's end")

    def test_a_port_that_is_taken_is_said_before_anything_is_written(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            result = subprocess.run(self.command("--serve", str(port)), cwd=self.root, capture_output=True, text=True)
        self.assertEqual(result.returncode, 8, result.stderr)
        self.assertRegex(result.stderr, f"cannot listen: .*127.0.0.1:{port}")
        self.assertFalse((self.root / "runs").exists())

    def test_a_person_at_the_terminal_keeps_the_page_until_control_c(self):
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(self.root)
            os.execv(CHARRNN, self.command("--serve=0", "--steps", "20"))
        data = b""
        end = time.monotonic() + 60
        while b"until Ctrl-C" not in data and time.monotonic() < end:
            if select.select([terminal], [], [], 0.1)[0]:
                data += os.read(terminal, 65536)
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", data.decode())
        self.assertIn("until Ctrl-C", text)
        port = int(PAGE.search(text).group(2))
        self.assertTrue(is_served(port))
        os.write(terminal, b"\x03")
        try:
            while os.read(terminal, 65536):
                pass
        except OSError:
            pass  # the terminal has gone with its last process
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), 0)
        self.assertFalse(is_served(port))


if __name__ == "__main__":
    unittest.main(warnings="ignore")
