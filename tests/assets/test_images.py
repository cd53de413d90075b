"""Files on their way to become assets: what they are is told by their bytes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_sdk import InvalidInput
from campaign_sdk.assets._images import LIMIT, read_image

from .images import GIF, JPEG, PNG, WEBP

OWNER, CAMPAIGN = "6f1c2ad9-7f0d-4a3b-9a55-0d0c5f4d9a11", "7f1c2ad9-7f0d-4a3b-9a55-0d0c5f4d9a11"


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PNG, "image/png"), (JPEG, "image/jpeg"), (GIF, "image/gif"), (WEBP, "image/webp")],
)
def test_the_bytes_say_what_it_is(content: bytes, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "misleading.txt"
    path.write_bytes(content)
    image = read_image(path, None)
    assert (image.name, image.content, image.content_type) == ("misleading.txt", content, kind)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "PNG, JPEG, GIF or WebP"),
        (b"<!doctype html><script>alert(1)</script>", "PNG, JPEG, GIF or WebP"),
        (b"RIFF....WAVEfmt ", "PNG, JPEG, GIF or WebP"),
        (PNG + b"0" * LIMIT, "at most 2 MB"),
    ],
)
def test_what_is_no_image_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as raised:
        read_image(content, "hero.png")
    assert raised.value.path == "file"


@pytest.mark.parametrize("name", ["", "a" * 101, 'a"b', "a/b.png", "a\\b", "a\nb", "{{x}}", "<b>"])
def test_a_name_that_html_cant_say_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        read_image(PNG, name)
    assert raised.value.path == "name"


def test_a_missing_file_is_named_and_bytes_need_a_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"none\.png can't be read \(No such file"):
        read_image(tmp_path / "none.png", None)
    with pytest.raises(InvalidInput, match="bytes have none"):
        read_image(PNG, None)


@given(
    st.text(min_size=1, max_size=100).filter(
        lambda name: not re.search(r"[\x00-\x1f\x7f\"'/\\{}<>]", name)
    )
)
def test_every_name_makes_a_path_that_the_bucket_takes(name: str) -> None:
    path = read_image(PNG, name).path(OWNER, CAMPAIGN)
    assert re.fullmatch(rf"{OWNER}/{CAMPAIGN}/[0-9a-f]{{16}}-[a-z0-9][a-z0-9._-]{{0,99}}", path)


def test_the_path_is_the_contents() -> None:
    path = read_image(PNG, "Hero Bild.PNG").path(OWNER, CAMPAIGN)
    assert path == read_image(PNG, "hero bild.png").path(OWNER, CAMPAIGN)
    assert path != read_image(JPEG, "hero bild.png").path(OWNER, CAMPAIGN)
    assert path.endswith("-hero-bild.png")
