"""The process behind `start_background`: python -m campaign_sdk.local DATA [MIGRATIONS]."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from campaign_sdk.local._background import BACKGROUND_LOG
from campaign_sdk.local._stack import LocalSupabase

_LOOK_SECONDS = 0.5


def main() -> int:
    """Leave a child behind that runs the stack; end when it is up, or with its error."""
    word, childs_word = os.pipe()
    if os.fork() == 0:
        os._exit(_serve(childs_word, *sys.argv[1:]))
    os.close(childs_word)
    with os.fdopen(word) as file:
        error = file.read()
    sys.stderr.write(error)
    return 1 if error else 0


def _serve(word: int, data: str, migrations: str | None = None) -> int:
    os.setsid()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _log_to(Path(data))
        with LocalSupabase(data, migrations) as stack:
            os.close(word)
            while stack.running():
                time.sleep(_LOOK_SECONDS)
    except Exception as error:  # whoever waits for the word must hear of it
        os.write(word, str(error).encode())
        return 1
    except SystemExit:
        return 0
    return 1


def _log_to(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = os.open(folder / BACKGROUND_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)


if __name__ == "__main__":
    sys.exit(main())
