"""Ctrl-C while the library computes: KeyboardInterrupt must not be raised within its callbacks."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any, Optional


class Interrupts:
    """Within it Ctrl-C is counted, on the main thread and where nobody else handles it."""

    def __init__(self) -> None:
        self.count = 0
        self._before: Any = None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                self._before = signal.signal(signal.SIGINT, self._interrupted)
        return self

    def __exit__(self, *_: Any) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _interrupted(self, _number: int, _frame: Optional[FrameType]) -> None:
        self.count += 1
