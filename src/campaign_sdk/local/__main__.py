"""The process behind `start_background`: python -m campaign_sdk.local DATA [MIGRATIONS].

It leaves a child behind that runs the stack, and ends when that is up. If whoever asked is gone
before, which it knows by its standard input, or if it is told to end, the child ends as well.
"""

from __future__ import annotations

import os
import select
import signal
import stat
import sys
import time
from pathlib import Path

from campaign_sdk.local._folder import BACKGROUND_LOG, take
from campaign_sdk.local._stack import LocalSupabase

_LOOK_SECONDS = 0.5
_UP = b"+"


def main() -> int:
    """Start the stack; end when it is up, or with its error."""
    word, childs_word = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(word)
        os._exit(_serve(childs_word, *sys.argv[1:]))
    os.close(childs_word)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: _end(child))
    said = _heard(word, child)
    if said == _UP:
        return 0
    sys.stderr.write(said.decode(errors="replace"))
    return 1


def _heard(word: int, child: int) -> bytes:
    """Return what the child says, as long as somebody waits for it."""
    asked = [0] if stat.S_ISFIFO(os.fstat(0).st_mode) else []
    said = b""
    while True:
        ready, _, _ = select.select([word, *asked], [], [])
        if word in ready:
            part = os.read(word, 65536)
            if not part:
                return said
            said += part
            if said == _UP:
                return said
        elif not os.read(asked[0], 1):
            _end(child)


def _end(child: int) -> None:
    os.kill(child, signal.SIGTERM)
    os.waitpid(child, 0)
    os._exit(128 + signal.SIGTERM)


def _serve(word: int, data: str, migrations: str | None = None) -> int:
    os.setsid()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _log_to(Path(data))
        with LocalSupabase(data, migrations) as stack:
            # Whoever waited may be gone: then this fails, and the stack ends.
            os.write(word, _UP)
            os.close(word)
            _let_go()
            while stack.running():
                time.sleep(_LOOK_SECONDS)
    except Exception as error:  # whoever waits for the word must hear of it
        _tell(word, str(error) or type(error).__name__)
        return 1
    except SystemExit:
        return 0
    return 1


def _tell(word: int, error: str) -> None:
    try:
        os.write(word, error.encode(errors="replace"))
    except OSError:
        sys.stderr.write(f"{error}\n")


def _let_go() -> None:
    """Hold nothing of whoever asked."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def _log_to(folder: Path) -> None:
    take(folder)
    log = os.open(folder / BACKGROUND_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)


if __name__ == "__main__":
    sys.exit(main())
