"""Training."""

from __future__ import annotations

import ctypes
import os
import pathlib
import tempfile
from dataclasses import dataclass
from typing import Any, Callable, List, Optional, Sequence, Tuple, Union

from . import _library
from ._interrupts import Interrupts
from ._library import library
from ._model import Model, Path
from ._progress import make_display


@dataclass(frozen=True)
class Progress:
    """How far a training is. Losses are in nats for each character, NaN where not known yet."""

    step: int  # done; 0 while the text is read and measured
    total_steps: int  # as planned now; 0 while that is not known
    characters: int  # read so far
    epochs: float  # 1.5: one and a half passes over the text
    seconds: float  # of training
    loss: float  # of the last step
    validation_loss: float  # the last one measured
    best_validation_loss: float  # of the model that is kept
    learning_rate: float


def train(text: Union[Path, bytes, Sequence[Path], None], out: Optional[Path] = None, *, time: Optional[str] = None,
          progress: Union[bool, Callable[[Progress], Any]] = True, **settings: Any) -> Model:
    """Trains a model as `charrnn train` does, and returns the best one by validation loss.

    text: a file or folder, or several of them; or the text itself: bytes, or a string that is no such name and has
    several lines or more than a thousand characters. None: that of the run that `resume=True` goes on with.
    out: the folder of the run, with the model, metrics and all that is needed to go on; None keeps nothing but the
    model that is returned.
    time: how long it may take, such as "30s" or "10m".
    progress: True shows a bar, in a terminal or a notebook; a function is called with a Progress after every step,
    and stops the training if it returns True.
    settings: any option of `charrnn train`, such as cell="lstm", layers=2, hidden_size=256, epochs=20, seed=1,
    threads=4; docs/training.md explains them.

    Ctrl-C (in a notebook: interrupt) stops the training and returns what was learned so far; a second one raises
    KeyboardInterrupt, as does one before there is a model.
    """
    if out is not None:
        return _train(text, os.fspath(out), time, progress, settings)
    with tempfile.TemporaryDirectory(prefix="charrnn-") as folder:
        return _train(text, os.path.join(folder, "run"), time, progress, settings)


def _train(text: Any, out: str, time: Optional[str], progress: Any, settings: Any) -> Model:
    options = _library.option_array(_library.option_texts(out=out, time=time, **settings))
    names, content = _names_or_text(text)
    watch = _Watch(progress)
    with watch:
        callbacks = (_library.PROGRESS_FUNCTION(watch.stepped), _library.MESSAGE_FUNCTION(watch.told), None)
        if content is None:
            array = (ctypes.c_char_p * len(names))(*names)
            call = (library.charrnn_train, array, len(names))
        else:
            call = (library.charrnn_train_text, content, len(content))
        try:
            handle = _library.make(*call, options, len(options), *callbacks)
        except BaseException:
            if watch.raised is not None:
                raise watch.raised from None
            raise
    model = Model(handle)
    if watch.raised is not None:
        raise watch.raised
    return model


def _names_or_text(text: Any) -> Tuple[List[bytes], Optional[bytes]]:
    """Names of files, or a text in memory."""
    if text is None:
        return [], None
    if isinstance(text, bytes):
        return [], text
    if isinstance(text, str) and not os.path.exists(text) and ("\n" in text or len(text) > 1000):
        return [], _library.encode(text)
    if isinstance(text, (str, pathlib.PurePath)) or hasattr(text, "__fspath__"):
        return [os.fsencode(text)], None
    return [os.fsencode(name) for name in text], None


class _Watch:
    """What a training says on its way, and Ctrl-C, which must not be raised within the library."""

    def __init__(self, progress: Union[bool, Callable[[Progress], Any]]) -> None:
        self._call = progress if callable(progress) else None
        self._display = make_display() if progress is True else None
        self._interrupts = Interrupts()
        self.raised: Optional[BaseException] = None

    def __enter__(self) -> _Watch:
        self._interrupts.__enter__()
        return self

    def __exit__(self, *_: Any) -> None:
        self._interrupts.__exit__()
        if self._display is not None:
            self._display.close(self._interrupts.count > 0)
        if self._interrupts.count > 1 and self.raised is None:
            self.raised = KeyboardInterrupt()

    def stepped(self, raw: Any, _data: Any) -> int:
        try:
            if self._interrupts.count or self.raised is not None:
                return 1
            if self._call is None and self._display is None:
                return 0
            now = Progress(*(getattr(raw.contents, name) for name, *_ in raw.contents._fields_))
            if self._display is not None:
                self._display.show(now)
            return int(self._call is not None and self._call(now) is True)
        except BaseException as error:  # the caller's, to be raised when the library has returned
            self.raised = error
            return 1

    def told(self, message: bytes, _data: Any) -> None:
        try:
            if self._display is not None:
                self._display.say(message.decode(errors="replace"))
        except BaseException as error:
            self.raised = error
