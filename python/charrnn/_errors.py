"""What the library refuses, as exceptions."""

from __future__ import annotations


class Error(Exception):
    """Something went wrong in charrnn.

    code: the program's exit code for it (the table in docs/library.md).
    name: what happened, for programs, such as "unknown_characters".
    message, hint: what went wrong, and what to do about it.
    """

    code = 1

    def __init__(self, message: str, name: str = "internal", hint: str = "") -> None:
        super().__init__(f"{message}\n{hint}" if hint else message)
        self.message = message
        self.name = name
        self.hint = hint

    def __str__(self) -> str:
        return str(self.args[0])


class UsageError(Error, ValueError):
    """A wrong argument or option."""

    code = 2


class DataError(Error, ValueError):
    """A bad text."""

    code = 3


class ModelError(Error, ValueError):
    """A bad or incompatible model or checkpoint."""

    code = 4


class IoError(Error, OSError):
    """The disk is full, a file is missing, or access is denied."""

    code = 5


class NotFoundError(IoError, FileNotFoundError):
    """A file is missing."""


class DivergedError(Error, ArithmeticError):
    """A training diverged; the folder of its run has the last good model."""

    code = 6


class LimitError(Error, MemoryError):
    """Out of memory, or over a limit."""

    code = 7


def error_of(status: int, message: str, name: str, hint: str) -> BaseException:
    """The exception for a status of the library."""
    if status == 130:
        return KeyboardInterrupt(message)
    if status == IoError.code and "No such file or directory" in message:
        return NotFoundError(message, name, hint)
    for kind in (UsageError, DataError, ModelError, IoError, DivergedError, LimitError):
        if kind.code == status:
            return kind(message, name, hint)
    return Error(message, name, hint)
