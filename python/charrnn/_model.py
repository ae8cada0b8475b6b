"""A model: it writes, measures texts and shows its states."""

from __future__ import annotations

import codecs
import ctypes
import json
import os
import weakref
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple, Union

import numpy as np

from . import _library
from ._interrupts import Interrupts
from ._library import library

Path = Union[str, "os.PathLike[str]"]

_SIZES = ("layers", "hidden_size", "embedding_size")
_STEPS = 64  # characters between two looks for Ctrl-C


class Model:
    """A trained network with its vocabulary, made by load(), train() or from_torch().

    It does not change, and any number of threads may use it at the same time.

    In texts of a model of bytes (`encoding="bytes"`), bytes that are not UTF-8 are what Python's "surrogateescape"
    makes of them: `text.encode("utf-8", "surrogateescape")` gives the bytes.
    """

    def __init__(self, handle: ctypes.c_void_p) -> None:
        self._handle = handle
        self._free = weakref.finalize(self, library.charrnn_model_free, handle)
        self.metadata: Dict[str, str] = dict(_library.metadata(handle))
        self.vocabulary: List[str] = json.loads(self.metadata["vocabulary"])
        """The characters by id; of a model of bytes, the characters of the bytes' values."""

    @property
    def config(self) -> Dict[str, Any]:
        """cell ("rnn", "lstm" or "gru"), layers, hidden_size, embedding_size, vocabulary_size, one_hot, encoding,
        lowercase."""
        config: Dict[str, Any] = {"cell": self.metadata["cell"]}
        config.update((name, int(self.metadata[name])) for name in _SIZES)
        config["vocabulary_size"] = len(self.vocabulary)
        config["one_hot"] = self.metadata["input"] == "one_hot"
        config["encoding"] = self.metadata["encoding"]
        config["lowercase"] = self.metadata["lowercase"] == "true"
        return config

    def __repr__(self) -> str:
        config = self.config
        return (f"<charrnn.Model: {config['cell']}, {config['layers']} × {config['hidden_size']}, "
                f"{config['vocabulary_size']} characters>")

    def stream(self, prompt: str = "", characters: int = 2000, temperature: float = 1.0, seed: Optional[int] = None,
               *, top_k: int = 0, top_p: float = 1.0, min_p: float = 0.0, presence_penalty: float = 0.0,
               frequency_penalty: float = 0.0, stop: Union[str, Sequence[str]] = (),
               unknown: str = "error") -> Iterator[str]:
        """An iterator over the characters that follow the prompt, each as soon as it is there.

        characters: how many; -1: endless. The other arguments are those of sample().
        """
        options = _library.option_texts(predict=characters, temp=temperature, seed=seed, top_k=top_k, top_p=top_p,
                                        min_p=min_p, presence_penalty=presence_penalty,
                                        frequency_penalty=frequency_penalty, stop=_strings(stop), unknown=unknown)
        generation = _Generation(self, prompt, options)
        return (piece for _, piece in generation.pieces(1))

    def sample(self, prompt: str = "", characters: int = 2000, temperature: float = 1.0, seed: Optional[int] = None,
               *, top_k: int = 0, top_p: float = 1.0, min_p: float = 0.0, presence_penalty: float = 0.0,
               frequency_penalty: float = 0.0, stop: Union[str, Sequence[str]] = (), unknown: str = "error") -> str:
        """The text that follows the prompt: what `charrnn sample` writes with the same seed.

        characters: how many. temperature: below 1 safer, above 1 bolder, 0 always the likeliest. seed: the same one
        gives the same text; None draws one. top_k, top_p, min_p: among the likeliest only (docs/sampling.md). stop:
        the text ends before this, or before one of these. unknown: characters of the prompt that the model does not
        know are an "error", or it is to "skip" them.
        """
        return self.samples(1, prompt, characters, temperature, seed, top_k=top_k, top_p=top_p, min_p=min_p,
                            presence_penalty=presence_penalty, frequency_penalty=frequency_penalty, stop=stop,
                            unknown=unknown)[0]

    def samples(self, count: int, prompt: str = "", characters: int = 2000, temperature: float = 1.0,
                seed: Optional[int] = None, *, top_k: int = 0, top_p: float = 1.0, min_p: float = 0.0,
                presence_penalty: float = 0.0, frequency_penalty: float = 0.0, stop: Union[str, Sequence[str]] = (),
                unknown: str = "error") -> List[str]:
        """So many texts, which share each pass over the weights. The first is that of sample()."""
        if characters < 0:
            raise ValueError("an endless text has no end to return: stream() gives it character by character")
        options = _library.option_texts(count=count, predict=characters, temp=temperature, seed=seed, top_k=top_k,
                                        top_p=top_p, min_p=min_p, presence_penalty=presence_penalty,
                                        frequency_penalty=frequency_penalty, stop=_strings(stop), unknown=unknown)
        texts: List[List[str]] = [[] for _ in range(count)]
        for index, piece in _Generation(self, prompt, options).pieces(_STEPS):
            texts[index].append(piece)
        return ["".join(pieces) for pieces in texts]

    def surprisal(self, text: str, unknown: str = "count") -> np.ndarray:
        """What each character but the first cost, given those before it: float32 [len(text) - 1], in nats (natural
        logarithms; divided by log(2), bits). The mean is the loss of `charrnn eval`.

        unknown: characters that the model does not know "count" as a uniform guess among all of Unicode, it is to
        "skip" them, or they are an "error". Ctrl-C raises KeyboardInterrupt, in a long text too.
        """
        with Interrupts() as interrupts:
            stop = _library.STOP_FUNCTION(lambda _data: int(interrupts.count > 0))
            nats = self._measure(library.charrnn_surprisal, text, unknown, stop, None)["surprisal"]
        if interrupts.count > 0:  # when the last piece was read
            raise KeyboardInterrupt
        return nats

    def states(self, text: str, unknown: str = "error") -> Dict[str, np.ndarray]:
        """The states and gates after each character, from a state of zero, by PyTorch's names: "h", of an LSTM also
        "c", "i", "f", "g", "o", of a GRU "r", "z", "n"; each float32 [layers, len(text), hidden_size]."""
        arrays = self._measure(library.charrnn_states, text, unknown)
        del arrays["log_probabilities"]
        return arrays

    def log_probabilities(self, text: str, unknown: str = "error") -> np.ndarray:
        """Of what comes next, after each character: float32 [len(text), vocabulary_size], natural logarithms."""
        return self._measure(library.charrnn_states, text, unknown)["log_probabilities"]

    @property
    def weights(self) -> Dict[str, np.ndarray]:
        """Copies of the weights, float32, by their names and in their shapes in PyTorch: "embedding.weight",
        "rnn.weight_ih_l0", …, "fc.bias"."""
        return _library.take_arrays(_library.make(library.charrnn_weights, self._handle))

    def save(self, path: Path) -> None:
        """Writes a model file (safetensors) that charrnn, PyTorch and load() read."""
        _library.check(library.charrnn_save(self._handle, os.fsencode(path)))

    def to_torch(self) -> Any:
        """The same network as a torch.nn.Module: a CharRNN with `embedding`, `rnn` (batch_first) and `fc`, whose call
        takes ids [batch, times] and returns logits [batch, times, vocabulary_size] and the state."""
        from ._torch import to_torch

        return to_torch(self)

    def _measure(self, function: Any, text: str, unknown: str, *more: Any) -> Dict[str, np.ndarray]:
        encoded = _library.encode(text)
        options = _library.option_array([("unknown", unknown)])
        return _library.take_arrays(
            _library.make(function, self._handle, encoded, len(encoded), options, len(options), *more))


class _Generation:
    """Texts in the making."""

    def __init__(self, model: Model, prompt: str, options: _library.Options) -> None:
        encoded = _library.encode(prompt)
        given = _library.option_array(options)
        self._handle = _library.make(library.charrnn_generate, model._handle, encoded, len(encoded), given, len(given))
        self._free = weakref.finalize(self, library.charrnn_generation_free, self._handle)
        self._decoders: Dict[int, codecs.IncrementalDecoder] = {}

    def pieces(self, steps: int) -> Iterator[Tuple[int, str]]:
        """The index of a text and what comes next of it; every text goes on by so many characters at a time."""
        piece = _library.Piece()
        while True:
            _library.check(library.charrnn_generation_next(self._handle, steps, ctypes.byref(piece)))
            if piece.text is None:
                return
            text = self._decode(piece.index, ctypes.string_at(piece.text, piece.size), piece.finish != 0)
            if text:
                yield piece.index, text

    def _decode(self, index: int, text: bytes, is_last: bool) -> str:
        # A model of bytes may end a piece within a character.
        if index not in self._decoders:
            self._decoders[index] = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        return self._decoders[index].decode(text, is_last)


def _strings(stop: Union[str, Sequence[str]]) -> List[str]:
    return [stop] if isinstance(stop, str) else list(stop)


def load(path: Path, *, vocabulary: Optional[Path] = None, threads: int = 0, device: str = "auto",
         isa: Optional[str] = None) -> Model:
    """The model of a file, or of the folder of a run.

    vocabulary: a JSON file of the characters in the order of their ids, for a model whose file lacks them.

    threads: of the CPU; 0: one for each core that the process may use. device: "auto", "cpu" or "cuda". isa: an
    instruction set of the CPU, such as "avx2"; None: the best there is.
    """
    options = _library.option_array(_library.option_texts(
        vocabulary=vocabulary and os.fspath(vocabulary), threads=threads, device=device, isa=isa))
    return Model(_library.make(library.charrnn_load, os.fsencode(path), options, len(options)))


def load_bytes(content: bytes) -> Model:
    """The model of a file in memory."""
    return Model(_library.make(library.charrnn_load_bytes, content, len(content), None, 0))
