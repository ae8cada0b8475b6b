#!/usr/bin/env python3
"""Writes tests/torch/*.safetensors with PyTorch: a model each, the ids of a text (`golden.ids`) and the
logits that PyTorch computes after each of its characters (`golden.logits`). Made with PyTorch 1.13.1 of Debian 12:

    tests/torch/make_models.py
"""

import json
import pathlib
import sys

import numpy
import torch

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
from char_rnn import CharRNN, randomize  # noqa: E402
import numpy_safetensors  # noqa: E402

OTHER_NAMES = {"embedding.weight": "encoder.weight", "fc.weight": "decoder.weight", "fc.bias": "decoder.bias"}


def make(name, cell, vocabulary, embedding, hidden, layers, dtype, rename, metadata, seed):
    model = randomize(CharRNN(vocabulary, embedding, hidden, layers, cell), seed)
    tensors = {}
    for key, value in model.state_dict().items():
        tensors[rename.get(key, key)] = value.numpy().astype(dtype)
        value.copy_(torch.from_numpy(tensors[rename.get(key, key)].astype(numpy.float32)))
    ids = torch.randint(vocabulary, (25,), generator=torch.Generator().manual_seed(seed + 1))
    with torch.no_grad():
        logits = model.double()(ids[None])[0][0]
    tensors["golden.ids"] = ids.numpy()
    tensors["golden.logits"] = logits.numpy().astype(numpy.float32)
    characters = [chr(ord("a") + i) if i < 26 else chr(0x3B1 + i) for i in range(vocabulary)]
    metadata = {"format": "pt", "vocabulary": json.dumps(characters), **metadata}
    numpy_safetensors.save(here / f"{name}.safetensors", tensors, metadata)


make("gru_19", "gru", 23, 7, 19, 2, numpy.float32, {}, {"cell": "gru", "layers": "2"}, 100)
make("lstm_13", "lstm", 17, 5, 13, 1, numpy.float32, OTHER_NAMES, {}, 200)
make("lstm_7", "lstm", 33, 16, 7, 3, numpy.float16, {}, {"lowercase": "True"}, 300)
make("rnn_11", "rnn", 31, 9, 11, 2, numpy.float64, {}, {"hidden_size": "11", "input": "embedding"}, 400)
