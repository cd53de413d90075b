"""What an error names as its remedy can be pasted, wherever the installation came from."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from campaign_sdk._core import installing
from campaign_sdk._core.installing import how_to_install, requirement

NOWHERE = Path("/nowhere")
GIT = {"url": "https://git.example/campaign.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}}


@pytest.mark.parametrize(
    ("origin", "wanted"),
    [
        (None, ["campaign-sdk[local]"]),
        ({"url": "file:///a%20b", "dir_info": {}}, ["/a b[local]"]),
        ({"url": "file:///a", "dir_info": {"editable": True}}, ["-e", "/a[local]"]),
        (GIT, ["campaign-sdk[local] @ git+https://git.example/campaign.git@abc"]),
        (
            {**GIT, "vcs_info": {"vcs": "git", "commit_id": "abc", "requested_revision": "v1"}},
            ["campaign-sdk[local] @ git+https://git.example/campaign.git@v1"],
        ),
        (
            {"url": "file:///w/campaign_sdk.whl", "archive_info": {}},
            ["campaign-sdk[local] @ file:///w/campaign_sdk.whl"],
        ),
    ],
)
def test_it_comes_from_where_we_came_from(origin: Any, wanted: list[str]) -> None:
    assert requirement("local", origin, NOWHERE) == wanted


def test_an_unknown_origin_is_the_checkout_beside_us(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    assert requirement("mcp", None, tmp_path) == ["-e", f"{tmp_path}[mcp]"]


@pytest.mark.parametrize("has_pip", [True, False])
def test_it_goes_into_this_interpreter(has_pip: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "find_spec", lambda _: object() if has_pip else None)
    monkeypatch.setattr(sys, "executable", "/a b/python")
    how_to_install.cache_clear()
    words = shlex.split(how_to_install("local"))
    how_to_install.cache_clear()
    assert "/a b/python" in words
    assert words[words.index("install") - 1] == "pip"
    assert words[0] == ("/a b/python" if has_pip else "uv")
