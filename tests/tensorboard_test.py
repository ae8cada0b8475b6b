"""`charrnn train --tensorboard DIR`: its files are read here record by record, checksums and messages, and by TensorBoard
itself where it is installed."""

import json
import math
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["CHARRNN"]
SETTINGS = ["--hidden-size", 12, "--embedding-size", 5, "--layers", 2, "--batch-size", 4, "--seq-length", 16, "--threads", 1,
            "--eval-every", 10, "--report-every", 5, "--checkpoint-every", 10, "--seed", 3]  # fmt: skip
TEXT = "".join(f"{word} of the {other}.\n" for word in "river house bird stone".split() for other in "hill sea üben".split())


def crc32c(data):
    """Bit by bit, unlike the program's tables."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(content):
    at = 0
    while at < len(content):
        length = content[at : at + 8]
        size, checksum = *struct.unpack("<Q", length), *struct.unpack_from("<I", content, at + 8)
        data = content[at + 12 : at + 12 + size]
        assert checksum == masked(length) and len(data) == size
        assert struct.unpack_from("<I", content, at + 12 + size)[0] == masked(data)
        yield data
        at += 16 + size


def fields(message):
    """Protobuf: a list of values for each field."""
    found, at = {}, 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        tag = varint()
        kind = tag & 7
        if kind == 0:
            value = varint()
        else:
            size = {1: 8, 2: None, 5: 4}[kind]
            size = varint() if size is None else size
            value = message[at : at + size]
            assert len(value) == size
            at += size
            if kind == 1:
                value = struct.unpack("<d", value)[0]
            elif kind == 5:
                value = struct.unpack("<f", value)[0]
        found.setdefault(tag >> 3, []).append(value)
    return found


class Events:
    """What TensorBoard shows of a folder: files in the order of their names; a start forgets what came from its step on."""

    def __init__(self, folder):
        self.scalars, self.texts, self.histograms, self.starts = {}, {}, {}, []
        self.files = sorted(path for path in folder.iterdir() if "tfevents" in path.name)
        for path in self.files:
            events = [fields(data) for data in records(path.read_bytes())]
            assert events[0][3] == [b"brain.Event:2"]
            for event in events[1:]:
                assert 1.5e9 < event[1][0] < 1e11
                self.take(event, event[2][0])

    def take(self, event, step):
        if 7 in event:
            assert fields(event[7][0]) == {1: [1]}
            self.starts.append(step)
            for series in (self.scalars, self.texts, self.histograms):
                for values in series.values():
                    for later in [known for known in values if known >= step]:
                        del values[later]
        for value in fields(event[5][0]).get(1, []) if 5 in event else []:
            value = fields(value)
            tag = value[1][0].decode()
            series, content = (
                (self.scalars, value[2][0]) if 2 in value
                else (self.histograms, fields(value[5][0])) if 5 in value
                else (self.texts, self.text(value))
            )  # fmt: skip
            assert step not in series.setdefault(tag, {}), f"{tag} has step {step} twice"
            series[tag][step] = content

    @staticmethod
    def text(value):
        assert fields(fields(value[9][0])[1][0])[1] == [b"text"]
        tensor = fields(value[8][0])
        assert tensor[1] == [7] and fields(fields(tensor[2][0])[2][0])[1] == [1]
        return "\n".join(line[4:] for line in tensor[8][0].decode().split("\n"))


class TensorBoard(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.text = self.folder / "text.txt"
        self.text.write_text(TEXT * 20)
        self.events = self.folder / "events"

    def train(self, *words, code=0):
        done = subprocess.run([PROGRAM, "train", *map(str, words), "--tensorboard", self.events],
                              capture_output=True, text=True)  # fmt: skip
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def lines(self, run, name="metrics.jsonl"):
        found = [json.loads(line) for line in (self.folder / run / name).read_text().splitlines()]
        return [line for line in found if "step" in line]

    def compare(self, run, found):
        """The events have what metrics.jsonl has, step by step."""
        lines = self.lines(run)
        for key in ("train_loss", "validation_loss", "learning_rate", "grad_norm", "characters_per_second", "epoch"):
            expected = {line["step"]: line[key] for line in lines if line[key] is not None}
            self.assertEqual(found.scalars[key].keys(), expected.keys(), key)
            for step, value in expected.items():
                close = math.isclose(found.scalars[key][step], value, rel_tol=1e-6 if "second" not in key else 0.1)
                self.assertTrue(close, (key, step, value, found.scalars[key][step]))

    def test_has_what_the_metrics_have(self):
        self.train(self.text, "-o", self.folder / "run", *SETTINGS, "--steps", 40, "--sample-every", 20,
                   "--sample-prompt", "ü*b", "--tensorboard-weights")  # fmt: skip
        found = Events(self.events)
        self.compare("run", found)
        samples = {line["step"]: line["text"] for line in self.lines("run", "samples.jsonl")}
        self.assertEqual(found.texts, {"sample/text_summary": samples})
        sizes = {"embedding.weight": None, "rnn.weight_ih_l0": 60, "rnn.bias_hh_l1": 12, "fc.weight": None}
        best = [line for line in self.lines("run") if line["validation_loss"] is not None]
        best = min(best, key=lambda line: line["validation_loss"])["step"]
        for tag, size in sizes.items():
            histogram = found.histograms[tag][best]
            limits = struct.unpack(f"<{len(histogram[6][0]) // 8}d", histogram[6][0])
            counts = struct.unpack(f"<{len(histogram[7][0]) // 8}d", histogram[7][0])
            self.assertEqual(len(limits), len(counts))
            self.assertEqual(sum(counts), histogram[3][0])
            self.assertEqual(list(limits), sorted(limits))
            self.assertTrue(histogram[1][0] <= limits[0] and limits[-1] == histogram[2][0])
            if size:
                self.assertIn(histogram[3][0] / size, (1, 3, 4), tag)  # gates

    def test_a_resumed_run_shows_no_step_twice(self):
        run = self.folder / "run"
        self.train(self.text, "-o", run, *SETTINGS, "--steps", 20)
        before = (run / "checkpoint.safetensors").read_bytes()
        self.train("--resume", run, "--steps", 60)
        (run / "checkpoint.safetensors").write_bytes(before)  # as where the machine stopped after step 20
        self.train("--resume", run, "--steps", 40)
        found = Events(self.events)
        self.assertEqual((found.starts, len(found.files)), ([1, 21, 21], 3))
        self.compare("run", found)
        self.assertEqual(max(found.scalars["train_loss"]), 40)

    def test_writes_nothing_through_links_and_nothing_in_a_plan(self):
        self.train(self.text, "-o", self.folder / "run", *SETTINGS, "--steps", 5, "--dry-run")
        self.assertFalse(self.events.exists())
        self.events.write_text("a file")
        message = self.train(self.text, "-o", self.folder / "run", *SETTINGS, "--steps", 5, code=5)
        self.assertIn(str(self.events), message)
        self.assertEqual(self.events.read_text(), "a file")
        self.assertFalse((self.folder / "run/model.safetensors").exists())

    def test_tensorboard_reads_it(self):
        try:
            from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        except ImportError as error:
            self.skipTest(f"{error}")
        self.train(self.text, "-o", self.folder / "run", *SETTINGS, "--steps", 20, "--sample-every", 20,
                   "--tensorboard-weights")  # fmt: skip
        board = EventAccumulator(str(self.events)).Reload()
        losses = {event.step: event.value for event in board.Scalars("train_loss")}
        self.assertEqual(losses, Events(self.events).scalars["train_loss"])
        self.assertIn("rnn.weight_hh_l1", board.Tags()["histograms"])
        self.assertIn("sample/text_summary", board.Tags()["tensors"])


if __name__ == "__main__":
    unittest.main()
