"""The Supabase CLI, for what only it can do: it is asked here, and its words are passed on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from campaign_sdk._core.errors import ConfigurationError

_SECRETS = "select name, value from campaign_private.function_secrets order by name"


def functions_secrets(remote: str) -> dict[str, str]:
    """Return the secrets that a project's migrations have made for its functions.

    Raises:
        ConfigurationError: the CLI is missing, or couldn't ask the project.
    """
    query = ("db", "query", _SECRETS, "--read-only", "--output-format", "json")
    answer = _run(*query, remote, show=False)
    try:
        return {row["name"]: row["value"] for row in json.loads(answer)}
    except (ValueError, TypeError, KeyError):
        raise ConfigurationError("the Supabase CLI's answer can't be read; update it") from None


def set_secrets(remote: str, secrets: Mapping[str, str]) -> None:
    """Give a project's functions their secrets: in a file, for a command line is seen by all."""
    with _env_file(secrets) as path:
        _run("secrets", "set", "--env-file", str(path), "--yes", remote)


def deploy(remote: str, names: list[str]) -> None:
    """Deploy functions from the folder `supabase` beneath us, without Docker."""
    _run("functions", "deploy", *names, "--use-api", "--yes", remote)


@contextmanager
def _env_file(secrets: Mapping[str, str]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        path = Path(folder) / "functions.env"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.writelines(f"{name}={value}\n" for name, value in secrets.items())
        yield path


def _run(*arguments: str, show: bool = True) -> str:
    program = shutil.which("supabase")
    if program is None:
        raise ConfigurationError(
            "the Supabase CLI isn't there: npm install --global supabase, then supabase login"
        )
    done = subprocess.run(  # noqa: S603 - the program that the user has
        [program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=None if show else subprocess.PIPE,
        stderr=None if show else subprocess.PIPE,
        text=True,
        env={**os.environ, "SUPABASE_TELEMETRY_DISABLED": "1"},
    )
    if done.returncode:
        said = "" if show else f": {done.stderr.strip()[-500:]}"
        raise ConfigurationError(f"supabase {' '.join(arguments[:2])} failed{said}")
    return done.stdout or ""
