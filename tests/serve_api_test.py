"""The shapes and promises of docs/api.md: OpenAI's dialect, llama.cpp's and our own, on one small model."""

import json
import math
import pathlib
import struct
import subprocess
import threading
import time
import unittest

from serve_support import CHARRNN, VOCABULARY, Server, events, folder, sample, write_model

SCRATCH = folder()
MODEL = pathlib.Path(SCRATCH.name) / "small.safetensors"
write_model(MODEL)
COMPLETIONS = "/v1/completions"


def setUpModule():
    global server
    server = Server(MODEL)


def tearDownModule():
    server.__exit__()


class OpenAi(unittest.TestCase):
    def test_a_completion_has_every_key_of_the_shape(self):
        status, reply = server.post(COMPLETIONS, {"prompt": "the ", "max_tokens": 5, "seed": 1})
        self.assertEqual(status, 200)
        self.assertEqual(set(reply), {"id", "object", "created", "model", "system_fingerprint", "choices", "usage"})
        self.assertEqual(reply["object"], "text_completion")
        choice = reply["choices"][0]
        self.assertEqual(set(choice), {"text", "index", "logprobs", "finish_reason"})
        self.assertEqual((len(choice["text"]), choice["logprobs"], choice["finish_reason"]), (5, None, "length"))
        self.assertEqual(reply["usage"], {"prompt_tokens": 4, "completion_tokens": 5, "total_tokens": 9})

    def test_sixteen_characters_are_the_default(self):
        self.assertEqual(len(server.post(COMPLETIONS, {})[1]["choices"][0]["text"]), 16)

    def test_the_text_is_that_of_sample_for_the_same_seed_and_settings(self):
        for settings, flags in [({}, []), ({"temperature": 0.5, "top_k": 5}, ["--temp", "0.5", "--top-k", "5"]),
                                ({"temperature": 0}, ["--temp", "0"]), ({"top_p": 0.7}, ["--top-p", "0.7"])]:
            _, reply = server.post(COMPLETIONS, {"prompt": "the ", "max_tokens": 60, "seed": 7, **settings})
            self.assertEqual([reply["choices"][0]["text"]], sample(MODEL, "the ", 7, 60, *flags))

    def test_choice_numbers_are_the_indices_of_sample_count(self):
        _, reply = server.post(COMPLETIONS, {"prompt": "a", "max_tokens": 30, "seed": 3, "n": 3})
        self.assertEqual([c["text"] for c in reply["choices"]], sample(MODEL, "a", 3, 30, "--count", "3"))
        self.assertEqual(len({c["text"] for c in reply["choices"]}), 3)

    def test_a_stream_says_the_same_and_ends_in_done(self):
        body = {"prompt": "the ", "max_tokens": 200, "seed": 5}
        whole = server.post(COMPLETIONS, body)[1]
        status, headers, stream = server.request("POST", COMPLETIONS,
                                                 {**body, "stream": True, "stream_options": {"include_usage": True}})
        self.assertEqual((status, headers["content-type"]), (200, "text/event-stream"))
        *chunks, last = events(stream)
        self.assertEqual(last, "[DONE]")
        *parts, usage = map(json.loads, chunks)
        self.assertEqual("".join(p["choices"][0]["text"] for p in parts), whole["choices"][0]["text"])
        self.assertEqual({p["choices"][0]["finish_reason"] for p in parts[:-1]}, {None})
        self.assertEqual(parts[-1]["choices"][0]["finish_reason"], "length")
        self.assertEqual((usage["choices"], usage["usage"]), ([], whole["usage"]))

    def test_echo_without_new_characters_scores_a_text(self):
        _, reply = server.post(COMPLETIONS, {"prompt": "the cat", "max_tokens": 0, "echo": True, "logprobs": 2})
        choice = reply["choices"][0]
        scores = choice["logprobs"]
        self.assertEqual(choice["text"], "the cat")
        self.assertEqual(scores["tokens"], list("the cat"))
        self.assertEqual(scores["text_offset"], list(range(7)))
        self.assertIsNone(scores["token_logprobs"][0])
        _, surprise = server.post("/charrnn/v1/surprise", {"text": "the cat"})
        for ours, theirs in zip(surprise["characters"][1:], scores["token_logprobs"][1:]):
            self.assertAlmostEqual(ours["log_probability"], theirs, places=4)
        for own, value, top in list(zip(scores["tokens"], scores["token_logprobs"], scores["top_logprobs"]))[1:]:
            self.assertEqual(top[own], value)
            self.assertLessEqual(2, len(top))

    def test_echo_comes_before_the_text_in_streams_too(self):
        body = {"prompt": "the ", "max_tokens": 10, "seed": 5, "echo": True}
        whole = server.post(COMPLETIONS, body)[1]["choices"][0]["text"]
        self.assertTrue(whole.startswith("the ") and len(whole) == 14)
        for logprobs in ({}, {"logprobs": 1}):
            stream = server.request("POST", COMPLETIONS, {**body, "stream": True, **logprobs})[2]
            parts = [json.loads(e) for e in events(stream)[:-1]]
            self.assertEqual("".join(p["choices"][0]["text"] for p in parts), whole)

    def test_a_stop_string_ends_the_text_before_it(self):
        text = server.post(COMPLETIONS, {"prompt": "the ", "max_tokens": 100, "seed": 5})[1]["choices"][0]["text"]
        stop = text[40:43]
        cut = text[:text.index(stop)]
        for stream in (False, True):
            body = {"prompt": "the ", "max_tokens": 100, "seed": 5, "stop": [stop], "stream": stream}
            reply = server.request("POST", COMPLETIONS, body)[2]
            choices = ([json.loads(e)["choices"][0] for e in events(reply)[:-1]] if stream
                       else json.loads(reply)["choices"])
            self.assertEqual(("".join(c["text"] for c in choices), choices[-1]["finish_reason"]), (cut, "stop"))

    def test_prompts_may_be_lists_of_texts_or_ids(self):
        ids = [VOCABULARY.index(c) for c in "the "]
        texts = []
        for prompt in ("the ", ids, ["the ", "a"], [ids, [0]]):
            reply = server.post(COMPLETIONS, {"prompt": prompt, "max_tokens": 9, "seed": 2})[1]
            texts.append(reply["choices"][0]["text"])
        self.assertEqual(len(set(texts)), 1)
        two = server.post(COMPLETIONS, {"prompt": ["the ", "a"], "max_tokens": 9, "n": 2, "seed": 2})[1]["choices"]
        self.assertEqual([c["index"] for c in two], [0, 1, 2, 3])
        self.assertNotEqual(two[0]["text"], two[2]["text"])

    def test_a_bias_forbids_a_character(self):
        space = VOCABULARY.index(" ")
        reply = server.post(COMPLETIONS, {"prompt": "a", "max_tokens": 300, "seed": 1, "logit_bias": {str(space): -100}})[1]
        self.assertNotIn(" ", reply["choices"][0]["text"])

    def test_models_are_listed_and_found_by_name(self):
        status, models = server.get("/v1/models")
        self.assertEqual((status, models["object"], [m["id"] for m in models["data"]]), (200, "list", ["small"]))
        server.post(COMPLETIONS, {})
        model = server.get("/v1/models/small")[1]
        self.assertEqual((model["object"], model["meta"]["n_vocab"]), ("model", len(VOCABULARY)))
        for status, error in (server.get("/v1/models/other"), server.post(COMPLETIONS, {"model": "other"})):
            self.assertEqual((status, error["error"]["code"], error["error"]["param"]), (404, "model_not_found", "model"))

    def test_errors_have_all_four_keys(self):
        for status, error in (server.post(COMPLETIONS, {"prompt": "é"}), server.post(COMPLETIONS, {"n": 0}), server.get("/nothing")):
            self.assertGreaterEqual(status, 400)
            self.assertEqual(set(error["error"]), {"message", "type", "param", "code"})

    def test_unknown_characters_are_listed(self):
        status, error = server.post(COMPLETIONS, {"prompt": "a\u201cb"})
        self.assertEqual((status, error["error"]["param"], error["error"]["code"]), (400, "prompt", "unknown_characters"))
        self.assertIn("U+201C at 1", error["error"]["message"])

    def test_a_text_does_not_depend_on_who_is_served_beside_it(self):
        def text(seed):
            return server.post(COMPLETIONS, {"prompt": "the ", "max_tokens": 300, "seed": seed})[1]["choices"][0]["text"]

        alone = [text(seed) for seed in range(24)]
        together = [None] * 24
        threads = [threading.Thread(target=lambda s=s: together.__setitem__(s, text(s))) for s in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(alone, together)


class LlamaCpp(unittest.TestCase):
    def test_a_completion_is_that_of_the_other_dialect(self):
        other = server.post(COMPLETIONS, {"prompt": "the ", "max_tokens": 20, "seed": 4})[1]["choices"][0]["text"]
        status, reply = server.post("/completion", {"prompt": "the ", "n_predict": 20, "seed": 4, "n_probs": 3})
        self.assertEqual((status, reply["content"], reply["stop"], reply["stop_type"]), (200, other, True, "limit"))
        self.assertEqual((reply["tokens_predicted"], reply["tokens_evaluated"], reply["truncated"]), (20, 4, False))
        self.assertEqual([len(p["top_logprobs"]) for p in reply["completion_probabilities"]], [3] * 20)
        *parts, last = map(json.loads, events(server.request(
            "POST", "/completion", {"prompt": "the ", "n_predict": 20, "seed": 4, "stream": True})[2]))
        self.assertEqual("".join(p["content"] for p in parts), other)
        self.assertEqual({p["stop"] for p in parts}, {False})
        self.assertTrue(last["stop"])

    def test_a_stopping_word_is_named(self):
        text = server.post("/completion", {"prompt": "the ", "n_predict": 50, "seed": 4})[1]["content"]
        reply = server.post("/completion", {"prompt": "the ", "n_predict": 50, "seed": 4, "stop": [text[10:12]]})[1]
        self.assertEqual((reply["stop_type"], reply["stopping_word"]), ("word", text[10:12]))

    def test_tokenize_and_detokenize_are_inverse(self):
        tokens = server.post("/tokenize", {"content": "the cat"})[1]["tokens"]
        self.assertEqual(tokens, [VOCABULARY.index(c) for c in "the cat"])
        pieces = server.post("/tokenize", {"content": "ab", "with_pieces": True})[1]["tokens"]
        self.assertEqual([p["piece"] for p in pieces], ["a", "b"])
        self.assertEqual(server.post("/detokenize", {"tokens": tokens})[1], {"content": "the cat"})
        self.assertEqual(server.post("/detokenize", {"tokens": [len(VOCABULARY)]})[0], 400)

    def test_props_and_figures(self):
        self.assertEqual(server.get("/props")[1]["total_slots"], 64)
        before = server.figure("tokens_predicted_total")
        server.post("/completion", {"n_predict": 11})
        self.assertEqual(server.figure("tokens_predicted_total") - before, 11)


def read_arrays(data):
    """A safetensors file in memory: metadata, name → (dtype, shape, values)."""
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    body = data[8 + size:]
    formats = {"F32": ("f", 4), "I8": ("b", 1), "I32": ("i", 4)}
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            letter, width = formats[entry["dtype"]]
            assert (8 + size + begin) % 4 == 0, "arrays are aligned"
            assert (end - begin) == width * math.prod(entry["shape"]), name
            arrays[name] = (entry["dtype"], entry["shape"], struct.unpack(f"<{(end - begin) // width}{letter}", body[begin:end]))
    return header["__metadata__"], arrays


class Inside(unittest.TestCase):
    TEXT = 'the cat "sat (on) the" mat.\nAb cd "ef" gh.'

    def lines(self, body):
        status, headers, reply = server.request("POST", "/charrnn/v1/generate", body)
        self.assertEqual((status, headers["content-type"]), (200, "application/x-ndjson"))
        return [json.loads(line) for line in reply.decode().splitlines()]

    def characters(self, body):
        return [c for line in self.lines(body) for c in line.get("characters", [])]

    def test_generated_characters_come_with_surprise_and_alternatives(self):
        lines = self.lines({"prompt": "the ", "max_characters": 40, "seed": 9, "top": 4})
        text = server.post(COMPLETIONS, {"prompt": "the ", "max_tokens": 40, "seed": 9})[1]["choices"][0]["text"]
        self.assertEqual(lines[0]["start"]["seed"], 9)
        characters = [c for line in lines for c in line.get("characters", [])]
        self.assertEqual("".join(c["text"] for c in characters), text)
        for c in characters:
            values = [value for _, value in c["top"]]
            self.assertEqual((len(values), values), (4, sorted(values, reverse=True)))
            self.assertLessEqual(c["log_probability"], values[0] + 1e-6)
        self.assertEqual((lines[-1]["done"]["characters"], lines[-1]["done"]["finish_reason"]), (40, "length"))

    def test_the_prompt_is_scored_where_asked_for(self):
        characters = self.characters({"prompt": "the ", "max_characters": 2, "score_prompt": True})
        self.assertEqual([c.get("prompt", False) for c in characters], [True] * 4 + [False] * 2)
        self.assertIsNone(characters[0]["log_probability"])

    def test_a_held_unit_changes_the_text_and_no_other(self):
        body = {"prompt": "the ", "max_characters": 80, "seed": 9}
        plain = [c["text"] for c in self.characters(body)]
        held = [c["text"] for c in self.characters({**body, "holds": [{"layer": 1, "unit": 3, "value": 1}]})]
        self.assertNotEqual(plain, held)
        self.assertEqual(plain, [c["text"] for c in self.characters(body)])

    def test_activations_are_the_same_in_both_types_and_agree_with_surprise(self):
        results = []
        for kind in ("float32", "int8"):
            _, _, data = server.request("POST", "/charrnn/v1/activations", {
                "text": self.TEXT, "values": ["hidden", "cell", "gates"], "type": kind, "top": 3})
            results.append(read_arrays(data)[1])
        exact, coarse = results
        times = len(self.TEXT)
        self.assertEqual((exact["hidden"][1], exact["gates"][1]), ([2, times, 24], [2, times, 5, 24]))
        for name in ("hidden", "cell", "gates"):
            self.assertEqual((exact[name][0], coarse[name][0]), ("F32", "I8"))
            worst = max(abs(a - b / 127) for a, b in zip(exact[name][2], coarse[name][2]))
            self.assertLess(worst, 0.5 / 127 + 1e-6)
        hidden, gates, size = exact["hidden"][2], exact["gates"][2], 24
        for t in range(times):  # h = o tanh(c), from the gates themselves
            for unit in range(size):
                o, tanh_c = (gates[((times + t) * 5 + g) * size + unit] for g in (3, 4))
                self.assertAlmostEqual(hidden[(times + t) * size + unit], o * tanh_c, places=5)
        surprise = server.post("/charrnn/v1/surprise", {"text": self.TEXT, "top": 3})[1]
        own = [character["log_probability"] for character in surprise["characters"][1:]]
        self.assertAlmostEqual(surprise["loss"], -sum(own) / len(own), places=5)
        self.assertAlmostEqual(surprise["bits_per_character"], surprise["loss"] / math.log(2), places=5)
        for t in range(1, times):
            self.assertAlmostEqual(exact["surprise"][2][t], -surprise["characters"][t]["log_probability"], places=4)
            self.assertEqual(VOCABULARY[exact["top_ids"][2][3 * (t - 1)]], surprise["characters"][t]["top"][0][0])

    def test_one_layer_is_that_layer(self):
        both = read_arrays(server.request("POST", "/charrnn/v1/activations", {"text": "the cat"})[2])[1]["hidden"]
        one = read_arrays(server.request("POST", "/charrnn/v1/activations", {"text": "the cat", "layers": [1]})[2])[1]["hidden"]
        self.assertEqual((one[1], one[2]), ([1, 7, 24], both[2][7 * 24:]))

    def test_a_ranking_says_what_its_numbers_mean(self):
        reply = server.post("/charrnn/v1/units/rank", {"text": self.TEXT, "limit": 48, "values": "hidden"})[1]
        values = read_arrays(server.request("POST", "/charrnn/v1/activations", {"text": self.TEXT, "type": "float32"})[2])[1]["hidden"][2]
        quotes = next(f for f in reply["features"] if f["name"] == "inside_quotes")
        inside = {t for begin, end in quotes["positions"] for t in range(begin, end)}
        self.assertEqual(inside, set(range(8, 21)) | set(range(34, 37)))
        times = len(self.TEXT)
        for unit in quotes["units"][:5] + quotes["units"][-5:]:
            series = [values[(unit["layer"] * times + t) * 24 + unit["unit"]] for t in range(times)]
            wins = sum((series[a] > series[b]) + 0.5 * (series[a] == series[b]) for a in inside for b in range(times) if b not in inside)
            area = wins / (len(inside) * (times - len(inside)))
            self.assertAlmostEqual(unit["score"], abs(2 * area - 1), places=4)
            self.assertEqual(unit["sign"], 1 if area >= 0.5 else -1)
        scores = [u["score"] for u in quotes["units"]]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertIn("digit", [f["name"] for f in reply["skipped"]])

    def test_the_terminal_ranks_units_likewise(self):
        text = pathlib.Path(SCRATCH.name) / "looked_at.txt"
        text.write_text(self.TEXT)
        show = [CHARRNN, "show", str(MODEL), "--units", str(text)]
        for values in ([], ["--values", "hidden"]):
            result = subprocess.run([*show, "--json", "--limit", "8", *values], capture_output=True, text=True, check=True)
            reply = server.post("/charrnn/v1/units/rank", {"text": self.TEXT, **({"values": values[1]} if values else {})})[1]
            self.assertEqual(reply.pop("text"), self.TEXT)
            self.assertEqual(json.loads(result.stdout), reply)
        page = subprocess.run(show, capture_output=True, text=True, check=True).stdout
        self.assertRegex(page, r"Inside quotes +\d +\d+ +0\.\d\d")
        self.assertIn("After a digit never occurs in this text", page)
        text.write_text("€€")
        self.assertEqual(subprocess.run(show, capture_output=True).returncode, 3)
        self.assertEqual(subprocess.run([*show, "--limit", "0"], capture_output=True).returncode, 2)

    def test_a_search_by_selection_finds_units_that_are_on_there(self):
        reply = server.post("/charrnn/v1/units/search", {"text": self.TEXT, "spans": [[8, 21]], "values": "hidden", "limit": 3})[1]
        values = read_arrays(server.request("POST", "/charrnn/v1/activations", {"text": self.TEXT, "type": "float32"})[2])[1]["hidden"][2]
        self.assertEqual(len(reply["units"]), 3)
        for unit in reply["units"]:
            series = [values[(unit["layer"] * len(self.TEXT) + t) * 24 + unit["unit"]] for t in range(len(self.TEXT))]
            self.assertAlmostEqual(unit["mean_on"], sum(series[8:21]) / 13, places=4)
            self.assertGreater((unit["mean_on"] - unit["mean_off"]) * unit["sign"], 0)

    def test_memory_is_the_gradient_of_one_prediction(self):
        reply = server.post("/charrnn/v1/memory", {"text": "the cat sat", "position": 6})[1]
        self.assertEqual((reply["target"], len(reply["sensitivity"])), ("t", 6))
        self.assertTrue(all(value > 0 for value in reply["sensitivity"]))
        surprise = server.post("/charrnn/v1/surprise", {"text": "the cat sat"})[1]
        self.assertAlmostEqual(reply["log_probability"], surprise["characters"][6]["log_probability"], places=4)
        average = server.post("/charrnn/v1/memory/average", {"text": "the cat sat", "positions": 1, "distances": 4})[1]
        (position,) = average["positions"]
        one = server.post("/charrnn/v1/memory", {"text": "the cat sat", "position": position})[1]["sensitivity"]
        for mean, value in zip(average["mean"], reversed(one)):
            self.assertAlmostEqual(mean, value, places=5)

        several = server.post("/charrnn/v1/memory/average", {"text": self.TEXT, "positions": 5, "distances": 4})[1]
        self.assertEqual((len(several["positions"]), several["count"]), (5, [5] * 4))
        ones = [server.post("/charrnn/v1/memory", {"text": self.TEXT, "position": position})[1]["sensitivity"][::-1] for position in several["positions"]]
        for distance, mean in enumerate(several["mean"]):
            self.assertAlmostEqual(mean, sum(one[distance] for one in ones) / 5, places=4)

    def test_long_averages_let_others_through(self):
        finished = []

        def ask_long():
            finished.append(server.post("/charrnn/v1/memory/average", {"text": "the cat sat " * 1365, "positions": 64, "distances": 2000})[0])

        long = [threading.Thread(target=ask_long) for _ in range(3)]
        for thread in long:
            thread.start()
        time.sleep(0.3)
        self.assertEqual(server.post("/charrnn/v1/surprise", {"text": "the cat"})[0], 200)
        self.assertEqual(finished, [], "all of the computing threads were kept by long requests")
        for thread in long:
            thread.join()
        self.assertEqual(finished, [200] * 3)

    def test_the_tour_takes_the_steps_of_the_generated_text(self):
        text, expected = "the ", server.post(COMPLETIONS, {"prompt": "the ", "max_tokens": 6, "seed": 8})[1]["choices"][0]["text"]
        for number in range(6):
            step = server.post("/charrnn/v1/tour", {"text": text, "seed": 8, "draw": number})[1]
            drawn = step["draw"]
            self.assertLessEqual(drawn["cumulative_before"], drawn["uniform"])
            self.assertLess(drawn["uniform"], drawn["cumulative_after"])
            self.assertAlmostEqual(sum(step["probabilities"]), 1, places=4)
            text += drawn["character"]
        self.assertEqual(text, "the " + expected)

    def test_the_tours_sums_make_its_gates(self):
        step = server.post("/charrnn/v1/tour", {"text": "the cat"})[1]
        for layer in step["layers"]:
            for unit in range(24):
                gate = {g: layer["from_input"][g][unit] + layer["from_hidden"][g][unit] for g in "ifgo"}
                i, f, o = (1 / (1 + math.exp(-gate[g])) for g in "ifo")
                c = f * layer["cell_before"][unit] + i * math.tanh(gate["g"])
                self.assertAlmostEqual(layer["cell_after"][unit], c, places=3)
                self.assertAlmostEqual(layer["hidden_after"][unit], o * math.tanh(c), places=3)


if __name__ == "__main__":
    unittest.main(warnings="ignore")  # sockets that a test leaves open on purpose
