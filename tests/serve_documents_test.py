"""A model that learned lines as documents forgets at each line feed, whoever looks at it and however."""

import json
import pathlib
import struct
import subprocess
import unittest

from serve_support import CHARRNN, Server, folder, write_model

SCRATCH = folder()
MODELS = pathlib.Path(SCRATCH.name)
for name, cell in (("lines", "lstm"), ("lines_gru", "gru")):
    write_model(MODELS / f"{name}.safetensors", cell, facts={"documents": "lines"})
write_model(MODELS / "plain.safetensors")
write_model(MODELS / "files.safetensors", facts={"documents": "files"})
LINE = "\nthe cat sat"
TEXT = "a dog" + LINE + LINE


def setUpModule():
    global server
    server = Server(MODELS)


def tearDownModule():
    server.__exit__()


def post(path, model, **fields):
    status, reply = server.post(f"/charrnn/v1/{path}", {"model": model, **fields})
    assert status == 200, reply
    return reply


def hidden(model, text):
    """[layers][characters][units], flat, and the shape."""
    _, _, file = server.request("POST", "/charrnn/v1/activations", {"model": model, "text": text, "type": "float32"})
    size = struct.unpack("<Q", file[:8])[0]
    entry = json.loads(file[8:8 + size])["hidden"]
    begin, end = entry["data_offsets"]
    return struct.unpack(f"<{(end - begin) // 4}f", file[8 + size + begin:8 + size + end]), entry["shape"]


def at(values, shape, layer, time):
    begin = (layer * shape[1] + time) * shape[2]
    return values[begin:begin + shape[2]]


def surprises(model, text):
    return [one["log_probability"] for one in post("surprise", model, text=text)["characters"]]


class Documents(unittest.TestCase):
    def test_the_same_line_has_the_same_activations_wherever_it_stands(self):
        for model in ("lines", "lines_gru"):
            values, shape = hidden(model, TEXT)
            alone, alone_shape = hidden(model, LINE)
            for time in range(len(LINE)):
                for layer in range(2):
                    for begin in (5, 5 + len(LINE)):
                        for ours, expected in zip(at(values, shape, layer, begin + time), at(alone, alone_shape, layer, time)):
                            self.assertAlmostEqual(ours, expected, places=5)
        for model in ("plain", "files"):  # of files, one text is one document
            values, shape = hidden(model, TEXT)
            self.assertNotEqual(at(values, shape, 1, len(TEXT) - 1), at(values, shape, 1, 4 + len(LINE)))

    def test_surprise_is_that_of_eval_and_of_a_prompt_that_is_scored(self):
        text = MODELS / "text.txt"
        text.write_text(TEXT)
        for model in ("lines", "lines_gru", "plain"):
            reply = post("surprise", model, text=TEXT)
            printed = subprocess.run([CHARRNN, "eval", str(MODELS / f"{model}.safetensors"), str(text), "--json"],
                                     capture_output=True, text=True, check=True).stdout
            self.assertAlmostEqual(reply["loss"], json.loads(printed)["loss"], places=4)
            scored = server.post("/v1/completions", {"model": model, "prompt": TEXT, "max_tokens": 0, "echo": True, "logprobs": 0})[1]
            for ours, theirs in list(zip(surprises(model, TEXT), scored["choices"][0]["logprobs"]["token_logprobs"]))[1:]:
                self.assertAlmostEqual(ours, theirs, places=4)

    def test_units_are_ranked_as_show_does(self):
        text = MODELS / "text.txt"
        text.write_text(TEXT * 3)
        for model in ("lines", "plain"):
            printed = subprocess.run([CHARRNN, "show", str(MODELS / f"{model}.safetensors"), "--units", str(text), "--json"],
                                     capture_output=True, text=True, check=True).stdout
            reply = post("units/rank", model, text=TEXT * 3)
            self.assertEqual(reply["best"][:5], json.loads(printed)["best"][:5])
        self.assertNotEqual(post("units/rank", "lines", text=TEXT * 3)["best"], post("units/rank", "plain", text=TEXT * 3)["best"])

    def test_memory_reaches_back_to_the_border_only(self):
        position = len(TEXT) - 2
        begin = TEXT.rindex("\n")
        sizes = post("memory", "lines", text=TEXT, position=position)["sensitivity"]
        self.assertEqual(len(sizes), position)
        self.assertEqual(set(sizes[:begin]), {0})
        self.assertTrue(all(size > 0 for size in sizes[begin:]))
        self.assertTrue(all(size > 0 for size in post("memory", "plain", text=TEXT, position=position)["sensitivity"]))
        mean = post("memory/average", "lines", text=TEXT, distances=20, positions=8)
        self.assertEqual(mean["mean"][len(LINE):], [0] * (20 - len(LINE)))
        self.assertEqual(mean["geometric_mean"][len(LINE):], [0] * (20 - len(LINE)))

    def test_the_tour_forgets_where_a_document_begins(self):
        for model, before in (("lines", {0}), ("plain", None)):
            layers = post("tour", model, text="the cat\n")["layers"]
            for layer in layers:
                for key in ("hidden_before", "cell_before"):
                    self.assertEqual(set(layer[key]) == {0}, before is not None)
            self.assertNotEqual(set(post("tour", model, text="the cat")["layers"][0]["hidden_before"]), {0})


if __name__ == "__main__":
    unittest.main()
