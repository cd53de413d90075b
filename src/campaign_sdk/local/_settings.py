"""What a stack's folder keeps beside the database: its keys and where it was last."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

FILE = "settings.json"


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
        """Return the folder's settings, made and stored if there are none."""
        try:
            return cls(**json.loads((folder / FILE).read_text()))
        except FileNotFoundError:
            return cls().save(folder)

    def renewed(self, folder: Path) -> Self:
        """Store another secret for tokens: those that are out are good for nothing then."""
        return self.save(folder, jwt_secret=_secret())

    def save(self, folder: Path, **changes: Any) -> Self:
        """Store the settings with `changes`, for nobody else to read."""
        settings = replace(self, **changes)
        new = folder / f"{FILE}.new"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(settings), file, indent=2)
        new.rename(folder / FILE)
        return settings
