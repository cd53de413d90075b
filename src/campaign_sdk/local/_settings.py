"""What a stack's folder keeps beside the database: its keys and where it was last."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from campaign_sdk._core.errors import InvalidInput, LocalStackError
from campaign_sdk._core.files import write_whole
from campaign_sdk._core.reading import read_ours

FILE = "settings.json"
DAMAGED = "settings.damaged"
_NUMBERS = {"port": 65_535, "db_port": 65_535, "pid": 2**31}


def _secret(prefix: str = "") -> str:
    return prefix + secrets.token_urlsafe(24)


@dataclass(frozen=True)
class Settings:
    """The keys stay as they were first made; the ports are tried again at the next start.

    `pid` is the process that runs the stack, once it is up.
    """

    anon_key: str = field(default_factory=partial(_secret, "sb_publishable_"))
    service_key: str = field(default_factory=partial(_secret, "sb_secret_"))
    jwt_secret: str = field(default_factory=_secret)
    db_password: str = field(default_factory=_secret)
    port: int = 0
    db_port: int = 0
    pid: int = 0

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Return the folder's settings, made and stored if there are none.

        Raises:
            LocalStackError: they can't be read, or are damaged.
        """
        try:
            return cls._of(json.loads(read_ours(folder / FILE)))
        except FileNotFoundError:
            return cls().save(folder)
        except OSError as error:
            raise LocalStackError(f"{folder / FILE} can't be read ({error.strerror}).") from None
        except (ValueError, RecursionError):
            raise LocalStackError(
                f"{folder / FILE} is damaged: with `campaign local reset` it is made anew, and "
                "so are the keys and the data."
            ) from None

    @classmethod
    def _of(cls, kept: Any) -> Self:
        # A later version may know more.
        names = [each.name for each in fields(cls)]
        if not isinstance(kept, dict) or not all(_is_good(name, kept.get(name)) for name in names):
            raise ValueError("not the settings of a stack")
        return cls(**{name: kept[name] for name in names})

    def renewed(self, folder: Path) -> Self:
        """Store another secret for tokens: those that are out are good for nothing then."""
        return self.save(folder, jwt_secret=_secret())

    def save(self, folder: Path, **changes: Any) -> Self:
        """Store the settings with `changes`, for nobody else to read."""
        settings = replace(self, **changes)
        try:
            write_whole(folder / FILE, json.dumps(asdict(settings), indent=2))
        except InvalidInput as error:
            raise LocalStackError(f"{error.reason}: make room, or give another folder.") from error
        return settings


def _is_good(name: str, value: Any) -> bool:
    if name in _NUMBERS:
        return type(value) is int and 0 <= value <= _NUMBERS[name]
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_.-]{8,500}", value) is not None
