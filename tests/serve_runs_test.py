"""Runs that another process writes: metrics as they grow, models as they come, events that tell of both."""

import fcntl
import json
import os
import pathlib
import random
import signal
import time
import unittest

from serve_support import Server, events, folder, read_all, request_bytes, split_reply, wait_until, write_model

COMPLETIONS = "/v1/completions"


def line(step, loss=None):
    return json.dumps({"step": step, "train_loss": 4 / (1 + step) if loss is None else loss, "validation_loss": None, "learning_rate": 0.002}) + "\n"


class Listener:
    """A client of /charrnn/v1/events."""

    def __init__(self, server, query="", **headers):
        self.connection = server.connect(5)
        self.connection.sendall(request_bytes("GET", "/charrnn/v1/events" + query, headers=headers))
        self.data = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def events(self):
        """(name, data, id) of those that have come."""
        found = []
        for block in self.data.replace(b"\r\n", b"\n").decode(errors="ignore").split("\n\n")[:-1]:
            fields = {}
            for entry in block.split("\n"):
                name, colon, value = entry.partition(": ")
                if colon and name in ("id", "event", "data"):
                    fields[name] = value
            if len(fields) == 3:
                found.append((fields["event"], json.loads(fields["data"]), fields["id"]))
        return found

    def wait_for(self, name, count=1):
        def there():
            self.connection.settimeout(0.1)
            try:
                self.data += self.connection.recv(65536)
            except TimeoutError:
                pass
            return sum(event[0] == name for event in self.events()) >= count
        wait_until(there, what=f"the event {name}")
        return [event for event in self.events() if event[0] == name]


class Runs(unittest.TestCase):
    def setUp(self):
        self.scratch = folder()
        self.addCleanup(self.scratch.cleanup)
        self.root = pathlib.Path(self.scratch.name)
        self.run_folder = self.root / "first"
        self.run_folder.mkdir()
        self.metrics = self.run_folder / "metrics.jsonl"
        self.metrics.write_text(line(1))
        write_model(self.run_folder / "model.safetensors")

    def text(self, server, seed=1, **more):
        return server.post(COMPLETIONS, {"prompt": "the ", "max_tokens": 40, "seed": seed, **more})[1]["choices"][0]["text"]

    def test_a_new_model_serves_new_requests_and_a_corrupt_one_is_refused(self):
        with Server(self.run_folder) as server, Listener(server) as listener:
            listener.wait_for("snapshot")
            old = self.text(server)
            write_model(self.run_folder / "model.safetensors", seed=2)
            (event,) = listener.wait_for("model")
            self.assertEqual(event[1], {"run": "first", "version": 2})
            new = self.text(server)
            self.assertNotEqual(old, new)
            for broken in (b"", b"garbage", (self.run_folder / "model.safetensors").read_bytes()[:-1]):
                (self.run_folder / "part").write_bytes(broken)
                os.rename(self.run_folder / "part", self.run_folder / "model.safetensors")
                refused = listener.wait_for("model_refused")
                self.assertEqual(refused[0][1]["run"], "first")
                self.assertEqual(self.text(server), new)
                listener.data = b""
            os.remove(self.run_folder / "model.safetensors")
            self.assertEqual(self.text(server), new)
            write_model(self.run_folder / "model.safetensors", seed=1)
            listener.wait_for("model")
            self.assertEqual(self.text(server), old)

    def test_a_text_ends_on_the_weights_it_began_with(self):
        with Server(self.run_folder) as server, Listener(server) as listener:
            listener.wait_for("snapshot")
            body = {"prompt": "the ", "max_tokens": 60000, "seed": 3}
            alone = server.post(COMPLETIONS, body)[1]["choices"][0]["text"]
            with server.connect() as connection:
                connection.sendall(request_bytes("POST", COMPLETIONS, {**body, "stream": True}, {"Connection": "close"}))
                beginning = connection.recv(100)
                write_model(self.run_folder / "model.safetensors", seed=2)
                listener.wait_for("model")
                self.assertNotEqual(self.text(server), alone[:40])
                data = beginning + read_all(connection)
            parts = [json.loads(e)["choices"][0]["text"] for e in events(data)[:-1]]
            self.assertEqual("".join(parts), alone)

    def test_new_lines_of_metrics_are_told_and_torn_ones_wait(self):
        with Server(self.run_folder) as server, Listener(server, "?run=first") as listener:
            listener.wait_for("snapshot")
            with open(self.metrics, "a") as file:
                file.write(line(2) + line(3)[:20])
                file.flush()
                (event,) = listener.wait_for("metrics")
                self.assertEqual((event[1]["run"], event[1]["line"]["step"]), ("first", 2))
                file.write(line(3)[20:] + "not json\n" + line(4))
                file.flush()
            with open(self.run_folder / "samples.jsonl", "a") as file:
                file.write(json.dumps({"step": 3, "text": "<b>the"}) + "\n")
            self.assertEqual(listener.wait_for("sample")[0][1], {"run": "first", "sample": {"step": 3, "text": "<b>the"}})
            told = listener.wait_for("metrics", 3)
            self.assertEqual([event[1]["line"]["step"] for event in told], [2, 3, 4])

    def test_a_line_without_a_step_is_a_note_that_is_told_too(self):
        note = {"ngram_loss": 1.5, "ngram_context": 5}
        with Server(self.run_folder) as server, Listener(server, "?run=first") as listener:
            listener.wait_for("snapshot")
            with open(self.metrics, "a") as file:
                file.write(json.dumps(note) + "\n" + line(2))
            told = [event[1]["line"] for event in listener.wait_for("metrics", 2)]
            self.assertEqual((told[0], told[1]["step"]), (note, 2))
            reply = server.get("/charrnn/v1/runs/first/metrics")[1]
            self.assertEqual((reply["notes"], reply["last"]["step"], reply["lines"]), ([note], 2, 3))
            self.assertNotIn("ngram_loss", reply["series"])

    def test_a_listener_that_comes_back_misses_nothing(self):
        with Server(self.run_folder) as server:
            with Listener(server) as listener:
                listener.wait_for("snapshot")
                with open(self.metrics, "a") as file:
                    file.write(line(2))
                last = listener.wait_for("metrics")[0][2]
            with Listener(server) as other:
                other.wait_for("snapshot")
                with open(self.metrics, "a") as file:
                    file.write(line(3))
                other.wait_for("metrics")
            with Listener(server, **{"Last-Event-ID": last}) as back:
                self.assertEqual(back.wait_for("metrics")[0][1]["line"]["step"], 3)
                self.assertFalse([event for event in back.events() if event[0] == "snapshot"])
            for unknown in ("garbage", last.split("-")[0] + "-999999", "0-1", last.split("-")[0] + "-x"):
                with Listener(server, **{"Last-Event-ID": unknown}) as lost:
                    lost.wait_for("snapshot")

    def test_metrics_are_thinned_and_bad_lines_counted(self):
        numbers = random.Random(1)
        with open(self.metrics, "w") as file:
            file.write('{"note": "begin"}\n')
            for step in range(1, 30001):
                file.write(line(step, loss=100 if step == 17777 else numbers.random()))
            file.write("not json\n[1]\n" + line(30001)[:15])
        with Server(self.run_folder) as server:
            reply = server.get("/charrnn/v1/runs/first/metrics?points=500")[1]
            self.assertEqual((reply["lines"], reply["skipped"], reply["notes"]), (30001, 3, [{"note": "begin"}]))
            loss = reply["series"]["train_loss"]
            self.assertEqual((len(loss["step"]), len(loss["value"])), (500, 500))
            self.assertEqual((loss["step"][0], loss["step"][-1]), (1, 30000))
            self.assertEqual(loss["step"], sorted(loss["step"]))
            self.assertIn(17777, loss["step"])  # a peak is never thinned away
            self.assertNotIn("validation_loss", reply["series"])
            self.assertEqual(reply["last"]["step"], 30000)
            with open(self.metrics, "a") as file:
                file.write(line(30001)[15:])
            again = server.get("/charrnn/v1/runs/first/metrics")[1]
            self.assertEqual((again["lines"], again["skipped"], again["last"]["step"]), (30002, 2, 30001))
            for points in ("15", "5001", "x", "-1", "1e3"):
                self.assertEqual(server.get("/charrnn/v1/runs/first/metrics?points=" + points)[0], 400)

    def test_samples_and_settings_are_there_to_read(self):
        (self.run_folder / "config.toml").write_text("layers = 2\n")
        (self.run_folder / "samples.jsonl").write_text("".join(json.dumps({"step": s, "text": "<b>"}) + "\n" for s in range(100)))
        with Server(self.run_folder) as server:
            self.assertEqual(server.request("GET", "/charrnn/v1/runs/first/config")[2], b"layers = 2\n")
            samples = server.get("/charrnn/v1/runs/first/samples?limit=10")[1]["samples"]
            self.assertEqual([s["step"] for s in samples], [0, 11, 22, 33, 44, 55, 66, 77, 88, 99])

    def test_a_run_shows_a_passage_of_its_own_text(self):
        path = "/charrnn/v1/runs/first/passage"
        with Server(self.run_folder) as server:
            self.assertEqual(server.get(path), (200, {"text": None, "source": None}))
            lines = [json.dumps({"step": 1, "text": "early"}), json.dumps({"step": 2, "text": "late"}), "torn", json.dumps({"step": 3, "text": 7})]
            (self.run_folder / "samples.jsonl").write_text("".join(one + "\n" for one in lines))
            self.assertEqual(server.get(path), (200, {"text": "late", "source": "sample"}))
            (self.run_folder / "passage.txt").write_bytes("held out: ä\n".encode() + b"\xff")
            self.assertEqual(server.get(path), (200, {"text": "held out: ä\n\ufffd", "source": "held_out"}))

    def test_a_vast_record_keeps_nobody_waiting(self):
        for name in ("metrics.jsonl", "samples.jsonl"):
            with open(self.run_folder / name, "wb") as file:
                file.truncate(100 << 30)  # of zeros that take no room: minutes to read
                file.seek(0, os.SEEK_END)
                file.write(("\n" + json.dumps({"step": 9, "text": "late", "loss": 1}) + "\n").encode())
        with Server(self.run_folder) as server:
            self.assertEqual(server.get("/charrnn/v1/runs/first/samples")[1]["samples"], [{"step": 9, "text": "late", "loss": 1}])
            reply = server.get("/charrnn/v1/runs/first/metrics")[1]
            self.assertEqual((reply["lines"], reply["last"]["step"]), (1, 9))

    def test_a_record_of_ever_new_names_is_cut(self):
        (self.run_folder / "metrics.jsonl").write_text("".join(json.dumps({"step": i, f"k{i}": 1}) + "\n" for i in range(100000)))
        with Server(self.run_folder) as server:
            self.assertEqual(len(server.get("/charrnn/v1/runs/first/metrics")[1]["series"]), 200)

    def test_a_link_in_a_run_leads_nowhere(self):
        secret = self.root / "secret"
        secret.write_text(json.dumps({"step": 1, "text": "secret", "loss": 1}) + "\n" + json.dumps({"password": "secret"}) + "\n")
        for name in ("config.toml", "metrics.jsonl", "samples.jsonl", "passage.txt"):
            (self.run_folder / name).unlink(missing_ok=True)
            (self.run_folder / name).symlink_to(secret)
        with Server(self.run_folder) as server:
            for what in ("config", "metrics", "samples", "passage"):
                self.assertNotIn(b"secret", server.request("GET", f"/charrnn/v1/runs/first/{what}")[2], what)
            self.assertEqual(server.request("GET", "/charrnn/v1/runs/first/config")[0], 404)
            self.assertEqual(server.get("/charrnn/v1/runs/first")[0], 200)

    def test_a_link_that_is_found_is_left_out_and_told_of_once(self):
        scratch = folder()
        self.addCleanup(scratch.cleanup)
        elsewhere = pathlib.Path(scratch.name) / "elsewhere"
        elsewhere.mkdir()
        write_model(elsewhere / "model.safetensors")
        (self.root / "folder").symlink_to(elsewhere)
        (self.root / "file.safetensors").symlink_to(elsewhere / "model.safetensors")
        (self.root / "inside").mkdir()
        (self.root / "inside" / "model.safetensors").symlink_to(elsewhere / "model.safetensors")
        with Server(self.root) as server:
            self.assertEqual([run["id"] for run in server.get("/charrnn/v1/runs")[1]["runs"]], ["first"])
            for name in ("folder", "file", "inside"):
                self.assertEqual(server.post(COMPLETIONS, {"model": name})[0], 404, name)
            time.sleep(1)  # several looks
            server.process.send_signal(signal.SIGTERM)
            told = server.process.stderr.read()
            for name in ("folder", "file.safetensors", "inside/model.safetensors"):
                self.assertEqual(told.count(f"{self.root / name} is a symbolic link"), 1, told)
        (elsewhere.parent / "link").symlink_to(elsewhere / "model.safetensors")
        for named in (self.root / "folder", elsewhere.parent / "link"):
            with Server(named) as server:
                self.assertEqual(server.post(COMPLETIONS, {"prompt": "a"})[0], 200, "a link that is named is followed")
        with self.assertRaisesRegex(RuntimeError, "the model is a symbolic link"):
            Server(self.root / "inside")

    def test_a_folder_of_runs_loads_what_is_asked_for_and_no_more_than_allowed(self):
        for number in range(5):
            (self.root / f"run{number}").mkdir()
            write_model(self.root / f"run{number}" / "model.safetensors", seed=number)
        (self.root / "empty").mkdir()
        (self.root / "new").mkdir()
        (self.root / "new" / "metrics.jsonl").write_text(line(1))
        with Server(self.root, "--max-models", "2") as server:
            runs = {run["id"]: run for run in server.get("/charrnn/v1/runs")[1]["runs"]}
            self.assertEqual(set(runs), {"first", "new", *(f"run{n}" for n in range(5))})
            self.assertFalse(runs["new"]["has_model"])
            texts = [self.text(server, model=f"run{n}") for n in range(5)]
            self.assertEqual(len(set(texts)), 5)
            loaded = [run["id"] for run in server.get("/charrnn/v1/runs")[1]["runs"] if run["loaded"]]
            self.assertEqual(loaded, ["run3", "run4"])
            self.assertEqual([self.text(server, model=f"run{n}") for n in range(5)], texts)
            self.assertEqual(server.post(COMPLETIONS, {"model": "new"})[1]["error"]["code"], "model_not_ready")
            for name in ("../first", "/etc/passwd", "first/../first", "."):
                self.assertEqual(server.post(COMPLETIONS, {"model": name})[0], 404)
            (self.root / "later").mkdir()
            write_model(self.root / "later" / "model.safetensors", seed=9)
            self.assertNotIn(self.text(server, model="later"), texts)

    def test_five_hundred_runs_and_a_million_lines_are_looked_through(self):
        for number in range(500):
            (self.root / f"run{number}").mkdir()
            (self.root / f"run{number}" / "metrics.jsonl").write_text(line(1))
        with open(self.metrics, "w") as file:
            for step in range(1, 1000001):
                file.write(f'{{"step": {step}, "train_loss": {1 / step}}}\n')
        with Server(self.root) as server, Listener(server) as listener:
            listener.wait_for("snapshot")
            self.assertEqual(len(server.get("/charrnn/v1/runs")[1]["runs"]), 501)
            ask = request_bytes("GET", "/charrnn/v1/runs/first/metrics?points=5000", headers={"Connection": "close"})
            reply = json.loads(split_reply(server.raw(ask, timeout=150))[2])
            self.assertEqual((reply["lines"], len(reply["series"]["train_loss"]["step"])), (1000000, 5000))
            with open(self.root / "run499" / "metrics.jsonl", "a") as file:
                file.write(line(2))
            self.assertEqual(listener.wait_for("metrics")[0][1]["run"], "run499")

    def test_a_run_is_training_while_its_lock_is_held(self):
        with open(self.run_folder / ".lock", "w") as lock, Server(self.run_folder) as server:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertTrue(server.get("/charrnn/v1/runs")[1]["runs"][0]["training"])
            fcntl.flock(lock, fcntl.LOCK_UN)
            self.assertFalse(server.get("/charrnn/v1/runs")[1]["runs"][0]["training"])

    def test_the_facts_of_a_run_are_those_of_its_model(self):
        with Server(self.run_folder) as server:
            facts = server.get("/charrnn/v1/runs/first")[1]
            self.assertEqual((facts["cell"], facts["layers"], facts["hidden_size"], facts["gates"]), ("lstm", 2, 24, ["i", "f", "g", "o", "tanh_c"]))
            self.assertEqual((len(facts["vocabulary"]), facts["version"], facts["loaded"]), (facts["vocabulary_size"], 1, True))


if __name__ == "__main__":
    unittest.main(warnings="ignore")
