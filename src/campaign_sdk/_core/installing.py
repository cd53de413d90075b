"""How an optional part gets into the installation that is running, as it came there itself."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from shlex import join
from typing import Any

_NAME = "campaign-sdk"
_CHECKOUT = Path(__file__).parents[3]


@cache
def how_to_install(extra: str) -> str:
    """Return the command that adds an extra to this installation.

    It names this interpreter, and the folder or the address that we were installed from: a
    package index needn't know us.
    """
    return join([*_installer(), *requirement(extra, _origin(), _CHECKOUT)])


def requirement(extra: str, origin: Mapping[str, Any] | None, checkout: Path) -> list[str]:
    """Return what `pip install` is to be given.

    Args:
        extra: its name.
        origin: what `direct_url.json` says (PEP 610); `None` if we came from an index.
        checkout: the folder beside us, if it is one of ours.
    """
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    wanted = f"{_NAME}[{extra}]"
    if origin is None:
        is_checkout = (checkout / "pyproject.toml").is_file()
        return ["-e", f"{checkout}[{extra}]"] if is_checkout else [wanted]
    url = str(origin["url"])
    if "dir_info" in origin:
        folder = f"{url2pathname(urlsplit(url).path)}[{extra}]"
        return ["-e", folder] if origin["dir_info"].get("editable") else [folder]
    if "vcs_info" in origin:
        made = origin["vcs_info"]
        revision = made.get("requested_revision") or made.get("commit_id")
        url = f"{made['vcs']}+{url}" + (f"@{revision}" if revision else "")
    return [f"{wanted} @ {url}"]


def _installer() -> list[str]:
    if find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "install"]
    # What uv makes has no pip.
    return ["uv", "pip", "install", "--python", sys.executable]


def _origin() -> Any:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        text = distribution(_NAME).read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    return json.loads(text) if text else None
