"""To PyTorch and back. torch is imported where it is needed, and only there."""

from __future__ import annotations

import json
import struct
from typing import Any, Dict, Mapping, Sequence, Union

import numpy as np

from ._errors import ModelError
from ._model import Model, load_bytes

_HINT = "charrnn.from_torch takes a module of one nn.Embedding, one nn.RNN, nn.LSTM or nn.GRU, and one nn.Linear"


def to_torch(model: Model) -> Any:
    """The module of Model.to_torch."""
    import torch

    class CharRNN(torch.nn.Module):
        """Embedding, recurrent layers, linear layer: ids [batch, times] to logits [batch, times, vocabulary_size]."""

        def __init__(self, cell: str, layers: int, hidden_size: int, embedding_size: int,
                     vocabulary: Sequence[str]) -> None:
            super().__init__()
            self.vocabulary = list(vocabulary)
            self.embedding = torch.nn.Embedding(len(vocabulary), embedding_size)
            self.rnn = getattr(torch.nn, cell.upper())(embedding_size, hidden_size, layers, batch_first=True)
            self.fc = torch.nn.Linear(hidden_size, len(vocabulary))

        def forward(self, ids: Any, state: Any = None) -> Any:
            outputs, state = self.rnn(self.embedding(ids), state)
            return self.fc(outputs), state

    config = model.config
    module = CharRNN(config["cell"], config["layers"], config["hidden_size"], config["embedding_size"],
                     model.vocabulary)
    module.load_state_dict({name: torch.from_numpy(values) for name, values in model.weights.items()})
    module.embedding.weight.requires_grad_(not config["one_hot"])
    return module.eval()


def from_torch(module: Any, vocabulary: Union[str, Sequence[str], Mapping[str, int]]) -> Model:
    """The model of a torch.nn.Module that has one nn.Embedding, one nn.RNN (tanh), nn.LSTM or nn.GRU, and one
    nn.Linear, whatever they are called, and no other weights.

    vocabulary: the characters in the order of their ids, or a dict from characters to ids.
    """
    import torch

    embedding = _only(module, torch.nn.Embedding)
    rnn = _only(module, (torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU))
    linear = _only(module, torch.nn.Linear)
    _check_recurrent(rnn)
    known = {id(parameter) for part in (embedding, rnn, linear) for parameter in part.parameters()}
    others = [name for name, parameter in module.named_parameters() if id(parameter) not in known]
    if others:
        raise ModelError(f"the module has weights that a model has no place for: {', '.join(others[:5])}",
                         "unknown_weights", _HINT)
    tensors = {"embedding.weight": _values(embedding.weight)}
    for layer in range(rnn.num_layers):
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            values = getattr(rnn, f"{name}_l{layer}", None)
            rows = tensors[f"rnn.weight_ih_l{layer}"].shape[0] if values is None else 0
            tensors[f"rnn.{name}_l{layer}"] = np.zeros(rows, "<f4") if values is None else _values(values)
    tensors["fc.weight"] = _values(linear.weight)
    tensors["fc.bias"] = np.zeros(linear.out_features, "<f4") if linear.bias is None else _values(linear.bias)
    return load_bytes(_model_file(tensors, type(rnn).__name__.lower(), _characters(vocabulary)))


def _only(module: Any, kind: Any) -> Any:
    found = [part for part in module.modules() if isinstance(part, kind)]
    if len(found) != 1:
        names = " or ".join(one.__name__ for one in (kind if isinstance(kind, tuple) else (kind,)))
        raise ModelError(f"the module has {len(found)} parts of {names}; a model has one", "unknown_module", _HINT)
    return found[0]


def _check_recurrent(rnn: Any) -> None:
    for is_so, what in ((rnn.bidirectional, "reads in both directions"),
                        (getattr(rnn, "proj_size", 0) > 0, "has a projection (proj_size)"),
                        (getattr(rnn, "nonlinearity", "tanh") != "tanh", "has another nonlinearity than tanh")):
        if is_so:
            raise ModelError(f"the module's {type(rnn).__name__} {what}; a model does not", "unknown_module", _HINT)


def _values(tensor: Any) -> np.ndarray:
    return np.ascontiguousarray(tensor.detach().cpu().float().numpy(), "<f4")


def _characters(vocabulary: Union[str, Sequence[str], Mapping[str, int]]) -> Sequence[str]:
    if not isinstance(vocabulary, Mapping):
        return list(vocabulary)
    by_id = {place: character for character, place in vocabulary.items()}
    if sorted(by_id) != list(range(len(vocabulary))):
        raise ModelError("the vocabulary's ids are not those from 0 to its size, each once", "bad_vocabulary",
                         "give the characters in the order of their ids")
    return [by_id[place] for place in range(len(by_id))]


def _model_file(tensors: Dict[str, np.ndarray], cell: str, characters: Sequence[str]) -> bytes:
    """A safetensors file: docs/model-file.md."""
    header: Dict[str, Any] = {"__metadata__": {"format": "pt", "cell": cell, "vocabulary": json.dumps(characters)}}
    end = 0
    for name, values in tensors.items():
        begin, end = end, end + values.nbytes
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    return b"".join([struct.pack("<Q", len(text)), text, *(values.tobytes() for values in tensors.values())])
