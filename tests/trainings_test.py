"""Trainings that are started and steered over HTTP: the whole way with real trainings, and what attacks and accidents do to them."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

from serve_support import CHARRNN, Server, folder, request_bytes, split_reply, wait_until

TEXT = "the goal is a computer capable of understanding the contents of documents.\n" * 60
TINY = {"hidden-size": 8, "embedding-size": 4, "batch-size": 4, "seq-length": 16, "report-every": 5}
API = "/charrnn/v1/"


class Trainings(unittest.TestCase):
    def setUp(self):
        self.scratch = folder()
        self.addCleanup(self.scratch.cleanup)
        self.runs = pathlib.Path(self.scratch.name) / "runs"
        self.runs.mkdir()
        self.addCleanup(self.stop_all)

    def stop_all(self):
        for record in self.runs.glob("*/training.json"):
            process = json.loads(record.read_text())["process"]
            try:
                if os.path.samefile(f"/proc/{process}/fd/1", record.parent / "train.log"):
                    os.kill(process, signal.SIGKILL)
            except OSError:
                pass

    def start(self, server, name="book", steps=10**9, text=TEXT, **more):
        return server.post(API + "trainings", {"name": name, "text": text, "settings": {**TINY, "steps": steps}, **more})

    def training(self, server, name="book"):
        found = [one for one in server.get(API + "trainings")[1]["trainings"] if one["id"] == name]
        return found[0] if found else {"state": "none"}

    def wait_for(self, server, state, name="book"):
        wait_until(lambda: self.training(server, name)["state"] == state, what=f"the state {state}")

    def wait_for_steps(self, name="book", count=1):
        metrics = self.runs / name / "metrics.jsonl"
        wait_until(lambda: metrics.exists() and metrics.read_text().count('"step"') >= count, what="a report")

    def process(self, name="book"):
        return json.loads((self.runs / name / "training.json").read_text())["process"]

    def error(self, reply):
        return reply[0], reply[1]["error"]["code"]

    def test_the_whole_way(self):
        with Server(self.runs) as server:
            self.assertEqual([run["id"] for run in server.get(API + "runs")[1]["runs"]], ["built-in"])
            status, reply = self.start(server)
            self.assertEqual((status, reply["id"]), (200, "book"))
            self.assertIn("train book.txt --out=", reply["command"])
            self.wait_for(server, "training")
            self.wait_for_steps()
            self.assertEqual(self.error(self.start(server, "second")), (409, "too_many_trainings"))
            self.assertEqual(self.error(server.post(API + "runs/book/delete", {})), (409, "in_training"))
            with open(f"/proc/{self.process()}/stat") as file:
                self.assertGreaterEqual(int(file.read().rpartition(")")[2].split()[16]), 10, "it is nice")
            self.assertEqual(os.getsid(self.process()), self.process(), "no terminal's Ctrl-C reaches it")
            self.assertEqual(set(os.listdir(f"/proc/{self.process()}/fd")) & {"7", "8", "9", "10", "11", "12"}, set(), "it inherits no socket")
            server.post(API + "trainings/book/stop", {})
            self.wait_for(server, "stopped")
            steps = server.get(API + "runs/book/metrics")[1]["last"]["step"]
            self.assertEqual(server.post(API + "trainings/book/resume", {})[0], 200)
            wait_until(lambda: server.get(API + "runs/book/metrics")[1]["last"]["step"] > steps, what="a step after resuming")
            server.post(API + "trainings/book/stop", {})
            self.wait_for(server, "stopped")
            server.post("/v1/completions", {"model": "book", "prompt": "the ", "max_tokens": 4})  # it is loaded
            trashed = server.post(API + "runs/book/delete", {})[1]["trash"]
            self.assertEqual([run["id"] for run in server.get(API + "runs")[1]["runs"]], ["built-in"])
            self.assertEqual(server.post("/v1/completions", {"model": "book", "prompt": "the "})[0], 404)
            self.assertEqual(server.post(API + f"trash/{trashed}/restore", {}), (200, {"id": "book"}))
            self.assertEqual(server.post("/v1/completions", {"model": "book", "prompt": "the ", "max_tokens": 4})[0], 200)
            self.assertEqual((self.runs / "book" / "text.txt").read_text(), TEXT)

    def test_what_comes_of_it_is_what_the_command_gives(self):
        with Server(self.runs) as server:
            command = self.start(server, steps=30)[1]["command"]
            self.wait_for(server, "finished")
            self.assertEqual(self.error(server.post(API + "trainings/book/resume", {})), (409, "finished"))
        (self.runs.parent / "book.txt").write_text(TEXT)
        shutil.move(self.runs / "book", self.runs.parent / "from_page")
        subprocess.run(command + " -q", shell=True, check=True, cwd=self.runs.parent)
        weights = [(place / "model.safetensors").read_bytes() for place in (self.runs / "book", self.runs.parent / "from_page")]
        tensors = [data[8 + int.from_bytes(data[:8], "little"):] for data in weights]
        self.assertEqual(tensors[0], tensors[1])

    def test_a_training_outlives_its_server(self):
        with Server(self.runs) as server:
            self.start(server)
            self.wait_for_steps()
            port = server.port
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            with Server(self.runs, "--port", str(port)) as later:  # which the training does not hold
                self.assertEqual(self.training(later)["state"], "training")
                later.post(API + "trainings/book/stop", {})
                self.wait_for(later, "stopped")
                self.assertEqual(later.post(API + "trainings/book/resume", {})[0], 200)
                self.wait_for(later, "training")
                later.process.send_signal(signal.SIGTERM)
                later.process.wait()
        os.kill(self.process(), 0)  # it goes on

    def test_a_training_that_is_killed_is_seen_and_resumed(self):
        with Server(self.runs) as server:
            self.start(server)
            self.wait_for_steps()
            os.kill(self.process(), signal.SIGKILL)
            self.wait_for(server, "failed")
            self.assertIn("killed", self.training(server)["message"])
            self.assertEqual(server.post(API + "trainings/book/resume", {})[0], 200)
            self.wait_for(server, "training")

    def test_a_training_that_cannot_be_says_why(self):
        with Server(self.runs) as server:
            self.start(server, "short", text="a")
            self.wait_for(server, "failed", "short")
            training = self.training(server, "short")
            self.assertTrue(training["message"] and training["hint"], training)
            self.assertNotIn(str(self.runs), training["message"])
            self.assertEqual(self.error(server.post(API + "trainings/short/resume", {})), (409, "nothing_to_resume"))
            server.post(API + "runs/short/delete", {})
            self.assertEqual(self.start(server, "short", steps=5)[0], 200)
            self.wait_for(server, "finished", "short")

    def test_a_full_disk_is_told(self):
        def limit():  # as a full disk: no file may grow
            import resource
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        with Server(self.runs, before=limit) as server:
            status, reply = self.start(server)
            self.assertEqual(status, 503, reply)
            self.assertIn("train.log", reply["error"]["message"])
            self.assertEqual(list(self.runs.iterdir()), [])
            self.assertTrue(server.healthy())

    def test_only_the_page_itself_may_ask(self):
        def code(headers, path="trainings", body={"name": "a", "text": TEXT}):
            status, _, reply = server.request("POST", API + path, body, headers)
            return status, json.loads(reply)["error"]["code"]
        other = "http://localhost:3000"
        with Server(self.runs, "--allowed-origins", other) as server:
            for path in ("trainings", "trainings/plan", "trainings/a/stop", "trainings/a/resume", "runs/a/delete", "trash/1-a/restore"):
                self.assertEqual(code({"Origin": other}, path), (403, "forbidden_origin"), path)
                self.assertEqual(code({"Origin": "http://evil.example"}, path)[0], 403)
                self.assertEqual(code({"Sec-Fetch-Site": "same-site"}, path)[0], 403)
                self.assertEqual(code({"Host": "evil.example"}, path), (403, "forbidden_host"))
                self.assertEqual(code({"Content-Type": "text/plain"}, path), (415, "unsupported_type"))
            self.assertEqual(list(self.runs.iterdir()), [])

    def test_what_is_too_much_is_refused(self):
        with Server(self.runs, "--max-text", "1000000", "--max-body", "4096") as server:
            self.assertEqual(self.error(self.start(server, text="x" * 1000001)), (413, "text_too_long"))
            self.assertEqual(self.error(self.start(server, text="x" * 2500000)), (413, "body_too_long"))
            self.assertEqual(self.error(server.post(API + "trainings/plan", {"name": "a", "text": "x" * 5000})), (413, "body_too_long"))
            self.assertEqual(self.start(server, text=TEXT * 200, steps=1)[0], 200, "more than other bodies may have")
            head = request_bytes("POST", API + "trainings", headers={"Content-Type": "application/json", "Content-Length": "1000000"})
            held = [server.connect() for _ in range(4)]  # texts that never come
            for one in held:
                one.sendall(head)
            wait_until(lambda: split_reply(server.raw(head + b"{", shut=True))[0] == 503, what="a refusal")
            for one in held:
                one.close()
            wait_until(lambda: server.post(API + "trainings", {})[0] == 400, what="room")

    def test_names_lead_nowhere_else(self):
        outside = self.runs.parent / "outside"
        outside.mkdir()
        (outside / "config.toml").write_text("x")
        (self.runs / "link").symlink_to(outside)
        with Server(self.runs) as server:
            for name in ("../outside", "/etc/x", "..", ".trash", "a/b", "-x", "a\nb", "built-in"):
                self.assertEqual(self.error(self.start(server, name)), (400, "bad_name"), name)
            self.assertEqual(self.error(self.start(server, "link")), (409, "name_taken"))
            for name in ("link", "..%2foutside", "%2e%2e", ".trash", "none"):
                for what in (f"trainings/{name}/stop", f"trainings/{name}/resume", f"runs/{name}/delete", f"trash/{name}/restore"):
                    self.assertEqual(server.post(API + what, {})[0], 404, what)
            for name in ("text", "init-from", "out", "config"):
                reply = server.post(API + "trainings", {"name": "a", "text": TEXT, "settings": {name: "/etc/passwd"}})
                self.assertEqual(self.error(reply), (400, "unknown_setting"))
        self.assertEqual(sorted(path.name for path in outside.iterdir()), ["config.toml"])

    def test_trainings_are_for_those_whom_the_options_let(self):
        key = self.runs.parent / "key"
        key.write_text("sesame\n")
        bearer = {"Authorization": "Bearer sesame"}
        with Server(self.runs, "--no-train") as server:
            self.assertEqual(self.error(self.start(server)), (403, "training_not_allowed"))
            self.assertFalse(server.get(API + "trainings")[1]["allowed"])
        with Server(self.runs, "--api-key-file", str(key)) as server:
            status, reply = server.post(API + "trainings", {"name": "a", "text": TEXT}, **bearer)
            self.assertEqual((status, reply["error"]["code"]), (403, "training_not_allowed"))
            self.assertIn("--train", reply["error"]["message"])
        with Server(self.runs, "--api-key-file", str(key), "--train") as server:
            self.assertEqual(self.start(server)[0], 401)
            self.assertEqual(server.post(API + "trainings", {"name": "a", "text": TEXT, "settings": {**TINY, "steps": 1}}, **bearer)[0], 200)
            wait_until(lambda: server.get(API + "trainings", **bearer)[1]["trainings"][0]["state"] == "finished")
        with Server(self.runs / "a") as server:
            self.assertIn("single run", server.get(API + "trainings")[1]["why_not"])
        refused = subprocess.run([CHARRNN, "serve", self.runs / "a", "--train"], capture_output=True, text=True)
        self.assertEqual(refused.returncode, 2, refused.stderr)

    def test_the_server_answers_meanwhile(self):
        with Server(self.runs) as server:
            server.post(API + "trainings", {"name": "big", "text": TEXT * 20, "settings": {"hidden-size": 256, "steps": 10**9}})
            self.wait_for(server, "training", "big")
            for _ in range(30):
                self.assertTrue(server.healthy())
                time.sleep(0.01)


if __name__ == "__main__":
    unittest.main()
