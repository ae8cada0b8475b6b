"""A progress bar: a line in a terminal, HTML in a notebook, nothing elsewhere."""

from __future__ import annotations

import html
import math
import shutil
import sys
import time
from typing import Any, Optional


def make_display() -> Optional[Any]:
    notebook = _notebook()
    if notebook is not None:
        return _NotebookBar(notebook)
    return _TerminalBar() if sys.stderr is not None and sys.stderr.isatty() else None


def _notebook() -> Optional[Any]:
    """IPython's display module, where a notebook's kernel runs this."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or type(shell).__name__ != "ZMQInteractiveShell":
        return None
    import IPython.display

    return IPython.display


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def _share(now: Any) -> float:
    return min(now.step / now.total_steps, 1.0) if now.total_steps > 0 else 0.0


def _figures(now: Any) -> str:
    if now.step == 0:
        return "reading the text"
    parts = [f"step {now.step:,} of {now.total_steps:,}", f"loss {now.loss:.3f}"]
    if math.isfinite(now.validation_loss):
        parts.append(f"validation {now.validation_loss:.3f}")
    share = _share(now)
    if 0 < share < 1:
        parts.append(f"{_duration(now.seconds * (1 - share) / share)} left")
    return ", ".join(parts)


class _Bar:
    """Drawn ten times a second at most."""

    def __init__(self) -> None:
        self._next = 0.0
        self._last: Optional[Any] = None

    def show(self, now: Any) -> None:
        self._last = now
        if time.monotonic() >= self._next:
            self._draw(now)
            self._next = time.monotonic() + 0.1

    def close(self, interrupted: bool) -> None:
        if self._last is not None:
            self._draw(self._last)
        self._finish()
        if interrupted:
            self.say("stopped; the model is what was learned so far")

    def say(self, _message: str) -> None:
        raise NotImplementedError

    def _draw(self, _now: Any) -> None:
        raise NotImplementedError

    def _finish(self) -> None:
        raise NotImplementedError


class _TerminalBar(_Bar):
    def _draw(self, now: Any) -> None:
        full = round(20 * _share(now))
        line = f"{'█' * full}{'░' * (20 - full)} {_figures(now)}"
        sys.stderr.write(f"\r\033[K{line[: shutil.get_terminal_size().columns - 1]}")
        sys.stderr.flush()

    def _finish(self) -> None:
        sys.stderr.write("\n" if self._last is not None else "")

    def say(self, message: str) -> None:
        sys.stderr.write(f"\r\033[K{message}\n")


class _NotebookBar(_Bar):
    def __init__(self, display: Any) -> None:
        super().__init__()
        self._display = display
        self._handle: Optional[Any] = None

    def _draw(self, now: Any) -> None:
        shown = self._display.HTML(f'<progress max="1" value="{_share(now):.4f}"></progress> '
                                   f"<span>{html.escape(_figures(now))}</span>")
        if self._handle is None:
            self._handle = self._display.display(shown, display_id=True)
        else:
            self._handle.update(shown)

    def _finish(self) -> None:
        self._handle = None

    def say(self, message: str) -> None:
        print(message)
