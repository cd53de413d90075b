"""The `campaign` command: a skin over the library. It parses, calls one operation and prints."""

from __future__ import annotations

# What `signal` adds to it is made of `enum`, which takes longer to load than all the rest here.
import _signal  # type: ignore[import-not-found]  # Python's own, which has no types
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Nothing more is imported before Ctrl-C is seen to.
    from types import FrameType
    from typing import Any, NoReturn

_INVALID = 8
_INTERRUPTED = 130
_SIGINT: int = _signal.SIGINT


def main() -> None:
    """Run the command line."""
    # While modules are imported an interruption would end in the middle of one.
    _signal.signal(_SIGINT, _end)
    for number in (_signal.SIGTERM, getattr(_signal, "SIGHUP", None)):
        # Whoever started us may have said that it is to be ignored.
        if number is not None and _signal.getsignal(number) == _signal.SIG_DFL:
            _signal.signal(number, _end_in_order)
    try:
        _open_what_is_closed()
        _run()
    except KeyboardInterrupt:
        # Around all of it: one may come while the handler is being changed.
        _end()


def _open_what_is_closed() -> None:
    """Whoever starts us may have closed a stream: then there is nobody to read or to write."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - to the end


def _run() -> None:
    from campaign_sdk.cli._app import app

    sys.unraisablehook = _again
    try:
        _signal.signal(_SIGINT, _signal.default_int_handler)
        app()
    except SystemExit as ended:
        if ended.code == _INTERRUPTED:
            _leave()
        raise
    except BrokenPipeError:
        raise
    except OSError as error:
        # What the help is written to is full.
        _end(
            told=f"error: {error.filename or 'what is written to'}: {error.strerror}", code=_INVALID
        )
    except Exception as error:
        from campaign_sdk.cli._interrupt import is_interruption

        if is_interruption(error):
            _end()
        raise
    finally:
        # From here on Python puts its things away, and has nothing to say about that.
        _signal.signal(_SIGINT, _end)


def _end(
    _number: int = _SIGINT,
    _frame: FrameType | None = None,
    told: str = "error: interrupted",
    code: int = _INTERRUPTED,
) -> NoReturn:
    os.write(2, f"{told}\n".encode(errors="replace"))
    os._exit(code)


def _leave() -> NoReturn:
    """Leave at once: all is put away, and on a busy machine Python takes seconds for its own."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        # Nobody reads it any more.
        pass
    os._exit(_INTERRUPTED)


def _end_in_order(number: int, _frame: FrameType | None) -> NoReturn:
    """End as after an error: what is begun is put away."""
    os.write(2, b"error: told to end\n")
    sys.exit(128 + number)


def _again(unraisable: Any) -> None:
    """Ask again, a moment later, for an interruption that came where Python can't raise one."""
    import threading

    if unraisable.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(unraisable)
        return
    timer = threading.Timer(0.02, os.kill, (os.getpid(), _SIGINT))
    timer.daemon = True
    timer.start()
