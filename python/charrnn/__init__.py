"""Character-level recurrent language models: train on any text, generate, measure, look inside.

    import charrnn

    model = charrnn.train("book.txt", time="1m")
    print(model.sample("Once ", 200, temperature=0.8, seed=1))
    model.surprisal("Once upon a time")     # nats of each character but the first
    model.states("Once upon a time")["h"]   # [layers, characters, hidden_size]
    model.save("book.safetensors")
    model = charrnn.load("book.safetensors")
    network = model.to_torch()              # a torch.nn.Module

All work is done by the library libcharrnn.so inside this package, without Python's global lock.
"""

from ._errors import DataError, DivergedError, Error, IoError, LimitError, ModelError, NotFoundError, UsageError
from ._library import version as _version
from ._model import Model, load
from ._torch import from_torch
from ._training import Progress, train

__version__: str = _version()

__all__ = [
    "DataError",
    "DivergedError",
    "Error",
    "IoError",
    "LimitError",
    "Model",
    "ModelError",
    "NotFoundError",
    "Progress",
    "UsageError",
    "from_torch",
    "load",
    "train",
]
