"""Goes to PyTorch and back with the installed package, for wheel_test.py."""

import json
import pathlib
import struct
import sys
import unittest

import numpy as np

try:
    import torch
except ImportError:
    print("without PyTorch (Debian's package is python3-torch)")
    sys.exit(0)

import charrnn

TEXT = "the sea was calm, the sea was grey.\n"
CHARACTERS = sorted(set(TEXT))
IDS = torch.tensor([[CHARACTERS.index(character) for character in TEXT]])


class Other(torch.nn.Module):
    """Like a model, under names of its own."""

    def __init__(self, kind, layers, bias=True):
        super().__init__()
        self.characters = torch.nn.Embedding(len(CHARACTERS), 6)
        self.memory = kind(6, 10, layers, bias=bias, dropout=0.1 if layers > 1 else 0)
        self.head = torch.nn.Linear(10, len(CHARACTERS), bias=bias)

    def forward(self, ids):
        return self.head(self.memory(self.characters(ids).transpose(0, 1))[0].transpose(0, 1))


class Torch(unittest.TestCase):
    def test_there_and_back(self):
        for kind in (torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU):
            for layers, bias in ((1, True), (2, True), (2, False)):
                torch.manual_seed(layers)
                module = Other(kind, layers, bias).eval()
                model = charrnn.from_torch(module, CHARACTERS)
                expected = torch.log_softmax(module(IDS)[0], -1).detach().numpy()
                np.testing.assert_allclose(model.log_probabilities(TEXT), expected, atol=1e-5)
                network = model.to_torch()
                logits, state = network(IDS)
                np.testing.assert_allclose(torch.log_softmax(logits[0], -1).detach().numpy(), expected, atol=1e-5)
                h = state[0] if isinstance(state, tuple) else state  # [layers, 1, hidden_size]
                np.testing.assert_allclose(model.states(TEXT)["h"][:, -1], h[:, 0].detach().numpy(), atol=1e-5)
                if isinstance(state, tuple):
                    np.testing.assert_allclose(model.states(TEXT)["c"][:, -1], state[1][:, 0].detach().numpy(),
                                               atol=1e-5)
                again = charrnn.from_torch(network, {c: i for i, c in enumerate(CHARACTERS)})
                self.assertEqual(again.sample("the ", 60, seed=1), model.sample("the ", 60, seed=1))

    def test_a_vocabulary_may_be_a_file(self):
        module = Other(torch.nn.GRU, 1)
        model = charrnn.from_torch(module, CHARACTERS)
        header = {"embedding.weight": module.characters.weight, "fc.weight": module.head.weight,
                  "fc.bias": module.head.bias, **{f"rnn.{name}": values for name, values in module.memory.named_parameters()}}
        entries, data = {}, b""
        for name, values in header.items():
            content = values.detach().numpy().tobytes()
            entries[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(content)]}
            data += content
        text = json.dumps(entries).encode()
        pathlib.Path("bare.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
        pathlib.Path("characters.json").write_text(json.dumps(CHARACTERS))
        with self.assertRaises(charrnn.ModelError):
            charrnn.load("bare.safetensors")
        loaded = charrnn.load("bare.safetensors", vocabulary=pathlib.Path("characters.json"))
        self.assertEqual(loaded.sample("the ", 60, seed=1), model.sample("the ", 60, seed=1))

    def test_a_trained_model_learns_on_in_torch(self):
        network = charrnn.train(TEXT * 50, steps=20, hidden_size=12, seed=1, progress=False).to_torch()
        ids = torch.tensor([[network.vocabulary.index(character) for character in TEXT]])
        loss = torch.nn.functional.cross_entropy(network(ids[:, :-1])[0][0], ids[0, 1:])
        loss.backward()
        self.assertTrue(all(parameter.grad is not None for parameter in network.parameters()))

    def test_what_is_no_model_is_refused(self):
        bidirectional, extra, relu = Other(torch.nn.GRU, 1), Other(torch.nn.GRU, 1), Other(torch.nn.RNN, 1)
        bidirectional.memory = torch.nn.GRU(6, 5, bidirectional=True)
        extra.norm = torch.nn.LayerNorm(10)
        relu.memory = torch.nn.RNN(6, 10, nonlinearity="relu")
        for module, word in ((bidirectional, "both directions"), (extra, "norm.weight"), (relu, "nonlinearity"),
                             (torch.nn.Linear(3, 3), "Embedding")):
            with self.assertRaisesRegex(charrnn.ModelError, word):
                charrnn.from_torch(module, CHARACTERS)
        with self.assertRaises(charrnn.ModelError):
            charrnn.from_torch(Other(torch.nn.GRU, 1), CHARACTERS[1:])
        with self.assertRaises(charrnn.ModelError):
            charrnn.from_torch(Other(torch.nn.GRU, 1), {character: 1 for character in CHARACTERS})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=0)
