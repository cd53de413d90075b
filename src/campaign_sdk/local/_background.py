"""A stack that stays up when the command that started it has ended."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout
from platformdirs import user_data_path

from campaign_sdk._core.errors import LocalStackError
from campaign_sdk.local import _settings
from campaign_sdk.local._cluster import DATABASE_FOLDER
from campaign_sdk.local._files import locked, tail
from campaign_sdk.local._folder import FILES_FOLDER, LOCK, LOGS, START_LOCK, refuse_others, take
from campaign_sdk.local._postgres import SUPERUSER, address
from campaign_sdk.local._settings import Settings

_STOP_SECONDS = 30
_START_SECONDS = 300


@dataclass(frozen=True)
class LocalStatus:
    """A stack's whereabouts; `url`, `db_url` and `pid` are `None` when it isn't running."""

    data: Path
    running: bool
    url: str | None = None
    anon_key: str | None = None
    service_key: str | None = None
    db_url: str | None = None
    pid: int | None = None


def default_data() -> Path:
    """Return the folder that the background stack keeps its data in unless told otherwise."""
    return user_data_path("campaign-sdk") / "local"


def start_background(
    data: Path | str | None = None, migrations: Path | str | None = None
) -> LocalStatus:
    """Start a stack that stays up; one that is up, or being started, is left as it is."""
    folder = _folder(data)
    take(folder)
    try:
        with locked(folder / START_LOCK, wait=_START_SECONDS):
            found = status(folder)
            return found if found.running else _started(folder, migrations)
    except Timeout:
        raise LocalStackError(f"Another start of {folder} doesn't come to an end.") from None


def _started(folder: Path, migrations: Path | str | None) -> LocalStatus:
    command = [sys.executable, "-m", "campaign_sdk.local", str(folder)]
    if migrations is not None:
        command.append(str(Path(migrations).resolve()))
    # It ends what it has begun when we are gone, which it knows by its standard input.
    with subprocess.Popen(  # noqa: S603 - ourselves
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as starting:
        assert starting.stderr is not None  # noqa: S101 - it was opened as a pipe
        said = starting.stderr.read()
        code = starting.wait()
    if code:
        raise LocalStackError(said.strip() or "The local stack didn't start.")
    return status(folder)


def status(data: Path | str | None = None) -> LocalStatus:
    """Tell whether the stack of a folder is up, and where."""
    folder = _folder(data)
    if not (folder / _settings.FILE).exists():
        return LocalStatus(folder, running=False)
    kept = Settings.of(folder)
    if not kept.pid or not _in_use(folder):
        return LocalStatus(
            folder, running=False, anon_key=kept.anon_key, service_key=kept.service_key
        )
    return LocalStatus(
        data=folder,
        running=True,
        url=f"http://127.0.0.1:{kept.port}",
        anon_key=kept.anon_key,
        service_key=kept.service_key,
        db_url=address(SUPERUSER, kept.db_password, kept.db_port),
        pid=kept.pid,
    )


def stop_background(data: Path | str | None = None) -> bool:
    """Stop the stack of a folder; tell whether it was up."""
    found = status(data)
    if found.pid is None:
        return False
    os.kill(found.pid, signal.SIGTERM)
    try:
        with locked(found.data / LOCK, wait=_STOP_SECONDS):
            return True
    except Timeout:
        raise LocalStackError(f"The local stack (process {found.pid}) doesn't stop.") from None


def reset(data: Path | str | None = None, migrations: Path | str | None = None) -> LocalStatus:
    """Throw the data of a folder away and keep its keys; start anew if it was up.

    Nobody stays signed in: the accounts are gone.
    """
    folder = _folder(data)
    if folder.exists() and not folder.is_dir():
        raise LocalStackError(f"{folder} can't be used: it isn't a folder.")
    if folder.exists():
        refuse_others(folder)
    _set_damaged_aside(folder)
    was_up = stop_background(folder)
    if (folder / _settings.FILE).exists():
        Settings.of(folder).renewed(folder)
    for name in (DATABASE_FOLDER, FILES_FOLDER):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in LOGS:
        (folder / name).unlink(missing_ok=True)
    return start_background(folder, migrations) if was_up else status(folder)


def _set_damaged_aside(folder: Path) -> None:
    """Put settings that can't be read away, unless their stack is up."""
    path = folder / _settings.FILE
    if not path.exists():
        return
    try:
        Settings.of(folder)
    except LocalStackError:
        if _in_use(folder):
            raise
        path.rename(folder / _settings.DAMAGED)


def logs(data: Path | str | None = None, lines: int = 100) -> str:
    """Return the last lines of each of the stack's logs."""
    folder = _folder(data)
    found = {name: tail(folder / name, lines) for name in LOGS}
    return "\n".join(f"==> {name} <==\n{text}" for name, text in found.items() if text)


def _folder(data: Path | str | None) -> Path:
    return Path(data).expanduser().resolve() if data is not None else default_data()


def _in_use(folder: Path) -> bool:
    try:
        with locked(folder / LOCK, wait=0):
            return False
    except Timeout:
        return True
