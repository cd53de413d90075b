"""The `campaign` command: a skin over the library. It parses, calls one operation and prints."""

from __future__ import annotations

# What `signal` is made of, without the hundred steps in which an interruption might come.
import _signal as signal  # type: ignore[import-not-found]  # typeshed leaves it out
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Nothing more is imported before Ctrl-C is seen to.
    from types import FrameType
    from typing import Any, NoReturn

_INVALID = 8
_INTERRUPTED = 130


def main() -> None:
    """Run the command line."""
    # While modules are imported an interruption would end in the middle of one.
    signal.signal(signal.SIGINT, _end)
    try:
        _run()
    except KeyboardInterrupt:
        # Around all of it: one may come while the handler is being changed.
        _end()


def _run() -> None:
    from campaign_sdk.cli._app import app

    sys.unraisablehook = _again
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        app()
    except BrokenPipeError:
        raise
    except OSError as error:
        # What the help is written to is full.
        _end(
            told=f"error: {error.filename or 'what is written to'}: {error.strerror}", code=_INVALID
        )
    finally:
        # From here on Python puts its things away, and has nothing to say about that.
        signal.signal(signal.SIGINT, _end)


def _end(
    _number: int = signal.SIGINT,
    _frame: FrameType | None = None,
    told: str = "error: interrupted",
    code: int = _INTERRUPTED,
) -> NoReturn:
    os.write(2, f"{told}\n".encode(errors="replace"))
    os._exit(code)


def _again(unraisable: Any) -> None:
    """Ask again, a moment later, for an interruption that came where Python can't raise one."""
    import threading

    if unraisable.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(unraisable)
        return
    timer = threading.Timer(0.02, os.kill, (os.getpid(), signal.SIGINT))
    timer.daemon = True
    timer.start()
