"""The functions of charrnn.h. ctypes releases Python's global lock while one of them runs."""

from __future__ import annotations

import ctypes
import pathlib
from typing import Any, Dict, Iterable, List, Tuple

import numpy as np

from ._errors import error_of

Options = List[Tuple[str, str]]


class Option(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("value", ctypes.c_char_p)]


class LastError(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("name", ctypes.c_char_p), ("message", ctypes.c_char_p),
                ("hint", ctypes.c_char_p)]


class Array(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("values", ctypes.POINTER(ctypes.c_float)),
                ("dimensions", ctypes.c_size_t), ("shape", ctypes.c_size_t * 3)]


class Piece(ctypes.Structure):
    _fields_ = [("index", ctypes.c_size_t), ("text", ctypes.c_void_p), ("size", ctypes.c_size_t),
                ("finish", ctypes.c_int)]


class RawProgress(ctypes.Structure):
    _fields_ = [("step", ctypes.c_int64), ("total_steps", ctypes.c_int64), ("characters", ctypes.c_int64),
                ("epochs", ctypes.c_double), ("seconds", ctypes.c_double), ("loss", ctypes.c_double),
                ("validation_loss", ctypes.c_double), ("best_validation_loss", ctypes.c_double),
                ("learning_rate", ctypes.c_double)]


PROGRESS_FUNCTION = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(RawProgress), ctypes.c_void_p)
STOP_FUNCTION = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
MESSAGE_FUNCTION = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_void_p)

_handle = ctypes.c_void_p
_place = ctypes.POINTER(ctypes.c_void_p)
_options = [ctypes.POINTER(Option), ctypes.c_size_t]
_text = [ctypes.c_char_p, ctypes.c_size_t]
_callbacks = [PROGRESS_FUNCTION, MESSAGE_FUNCTION, ctypes.c_void_p]
_FUNCTIONS: Dict[str, Tuple[Any, List[Any]]] = {
    "charrnn_version": (ctypes.c_char_p, []),
    "charrnn_last_error": (LastError, []),
    "charrnn_load": (ctypes.c_int, [ctypes.c_char_p, *_options, _place]),
    "charrnn_load_bytes": (ctypes.c_int, [*_text, *_options, _place]),
    "charrnn_save": (ctypes.c_int, [_handle, ctypes.c_char_p]),
    "charrnn_model_free": (None, [_handle]),
    "charrnn_metadata_count": (ctypes.c_size_t, [_handle]),
    "charrnn_metadata": (ctypes.c_int, [_handle, ctypes.c_size_t, ctypes.POINTER(ctypes.c_char_p),
                                        ctypes.POINTER(ctypes.c_char_p)]),
    "charrnn_arrays_count": (ctypes.c_size_t, [_handle]),
    "charrnn_arrays_get": (ctypes.c_int, [_handle, ctypes.c_size_t, ctypes.POINTER(Array)]),
    "charrnn_arrays_free": (None, [_handle]),
    "charrnn_weights": (ctypes.c_int, [_handle, _place]),
    "charrnn_surprisal": (ctypes.c_int, [_handle, *_text, *_options, STOP_FUNCTION, ctypes.c_void_p, _place]),
    "charrnn_states": (ctypes.c_int, [_handle, *_text, *_options, _place]),
    "charrnn_generate": (ctypes.c_int, [_handle, *_text, *_options, _place]),
    "charrnn_generation_seed": (ctypes.c_uint64, [_handle]),
    "charrnn_generation_next": (ctypes.c_int, [_handle, ctypes.c_size_t, ctypes.POINTER(Piece)]),
    "charrnn_generation_free": (None, [_handle]),
    "charrnn_train": (ctypes.c_int, [ctypes.POINTER(ctypes.c_char_p), ctypes.c_size_t, *_options,
                                     *_callbacks, _place]),
    "charrnn_train_text": (ctypes.c_int, [*_text, *_options, *_callbacks, _place]),
}


def _open() -> ctypes.CDLL:
    path = pathlib.Path(__file__).with_name("libcharrnn.so")
    if not path.exists():
        raise ImportError(f"charrnn is imported from its source, which has no library ({path}): "
                          "scripts/package.sh makes a wheel, pip install dist/charrnn-*.whl installs it")
    library = ctypes.CDLL(str(path))
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


library = _open()


def version() -> str:
    return library.charrnn_version().decode()


def check(status: int) -> None:
    """Raises what the library's last error is, unless the status says that there was none."""
    if status == 0:
        return
    error = library.charrnn_last_error()
    raise error_of(status, *(text.decode(errors="replace") for text in (error.message, error.name, error.hint)))


def encode(text: str) -> bytes:
    """As UTF-8; bytes that are none, in the texts of a model of bytes, are kept (PEP 383)."""
    return text.encode("utf-8", "surrogateescape")


def option_texts(**options: Any) -> Options:
    """Names and values as the library takes them: True is "true", a list stands for several values, and None for an
    option that is not given."""
    texts: Options = []
    for name, value in options.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        for one in values:
            if one is not None:
                texts.append((name, str(one).lower() if isinstance(one, bool) else str(one)))
    return texts


def option_array(options: Options) -> Any:
    return (Option * len(options))(*(Option(name.encode(), encode(value)) for name, value in options))


def make(function: Any, *arguments: Any) -> ctypes.c_void_p:
    """Calls a function whose last argument is the place for what it makes."""
    made = ctypes.c_void_p()
    check(function(*arguments, ctypes.byref(made)))
    return made


def take_arrays(arrays: ctypes.c_void_p) -> Dict[str, np.ndarray]:
    """Copies of the arrays by their names; frees the originals."""
    try:
        result = {}
        for index in range(library.charrnn_arrays_count(arrays)):
            array = Array()
            check(library.charrnn_arrays_get(arrays, index, ctypes.byref(array)))
            shape = tuple(array.shape[: array.dimensions])
            values = (np.ctypeslib.as_array(array.values, shape).copy() if 0 not in shape
                      else np.zeros(shape, np.float32))
            result[array.name.decode()] = values
        return result
    finally:
        library.charrnn_arrays_free(arrays)


def metadata(model: ctypes.c_void_p) -> Iterable[Tuple[str, str]]:
    for index in range(library.charrnn_metadata_count(model)):
        key, value = ctypes.c_char_p(), ctypes.c_char_p()
        check(library.charrnn_metadata(model, index, ctypes.byref(key), ctypes.byref(value)))
        yield (key.value or b"").decode(), (value.value or b"").decode()
