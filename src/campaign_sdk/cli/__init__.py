"""The `campaign` command: a skin over the library. It parses, calls one operation and prints."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType
from typing import Any, NoReturn


def main() -> None:
    """Run the command line."""
    # While modules are imported an interruption would end in the middle of one.
    signal.signal(signal.SIGINT, _end)
    from campaign_sdk.cli._app import app

    sys.unraisablehook = _again
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        app()
    except KeyboardInterrupt:
        _end()
    finally:
        # From here on Python puts its things away, and has nothing to say about that.
        signal.signal(signal.SIGINT, _end)


def _end(_number: int = signal.SIGINT, _frame: FrameType | None = None) -> NoReturn:
    os.write(2, b"error: interrupted\n")
    os._exit(130)


def _again(unraisable: Any) -> None:
    """Ask again, a moment later, for an interruption that came where Python can't raise one."""
    if unraisable.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(unraisable)
        return
    timer = threading.Timer(0.02, os.kill, (os.getpid(), signal.SIGINT))
    timer.daemon = True
    timer.start()
