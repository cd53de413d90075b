"""Every operation refuses arguments of another type before it sends anything, and names them."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy
import pytest

from campaign_sdk import (
    AsyncCampaignClient,
    Attributes,
    CampaignClient,
    InvalidInput,
)
from campaign_sdk._core.arguments import Arguments
from campaign_sdk._core.operation import Resource, operation, pages

KEY = "anon-key-of-nobody-at-all"
WRONG = (object(), 5, "x", "\ud800")
# What an operation is given besides, by what its annotation begins with.
RIGHT = {
    "UUID": "9d2f2c70-0000-4000-8000-000000000000",
    "RulesLike": "city = 'Pune'",
    "datetime": datetime(2026, 1, 1, tzinfo=UTC),
    "int": 1,
    "float": 0.5,
    "Mapping": {},
    "Iterable": [],
    "Sequence": [],
    "Contact": {},
    "type": {},
    "AnySender": print,
}


class Town(Attributes):
    """What typed contacts have."""

    town: str | None = None


class Closed(httpx.BaseTransport):
    """A network that nothing may be sent to."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"{request.url.path} was asked")


@pytest.fixture
def client() -> Iterator[CampaignClient]:
    with CampaignClient("http://127.0.0.1:9", KEY, anonymous=True, transport=Closed()) as client:
        yield client


def operations(client: Any) -> Iterator[tuple[str, Any]]:
    """Each public operation by its name, whichever room it stands in."""
    nouns = {name: getattr(client, name) for name in dir(client) if not name.startswith("_")}
    nouns["contacts.of(Town)"] = nouns["contacts"].of(Town)
    for noun, resource in nouns.items():
        for name in dir(type(resource)) if isinstance(resource, Resource) else ():
            found = inspect.getattr_static(type(resource), name)
            if isinstance(found, operation | pages) and not name.startswith("_"):
                yield f"{noun}.{name}", getattr(resource, name)


def wrong(do: Any) -> Iterator[tuple[str, object]]:
    """The arguments of an operation, each with values that it isn't for."""
    for argument, annotation in arguments(do).items():
        for value in WRONG:
            if not allows(annotation, value):
                yield argument, value


def arguments(do: Any) -> dict[str, Any]:
    """The types of an operation's arguments."""
    body = inspect.getattr_static(type(do.__self__), do.__name__).body
    hints = typing.get_type_hints(body)
    del hints["return"]
    wishes = hints.pop("wishes", None)
    return hints | (typing.get_type_hints(typing.get_args(wishes)[0]) if wishes else {})


def allows(annotation: Any, value: object) -> bool:
    is_union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    kinds = typing.get_args(annotation) if is_union else (annotation,)
    if typing.Any in kinds:
        return True
    if value == "\ud800":
        # A path on Linux is bytes, of which each may be one.
        return Path in kinds
    if isinstance(value, str):
        # Which words there are is each operation's own affair.
        return any(kind is str or typing.get_origin(kind) is typing.Literal for kind in kinds)
    return isinstance(value, int) and bool({int, float} & set(kinds))


def given(do: Any) -> dict[str, Any]:
    """What must be given, and does no harm."""
    required = [
        parameter
        for parameter in inspect.signature(do).parameters.values()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    ]
    return {p.name: RIGHT.get(re.split(r"\W", str(p.annotation))[0], "x") for p in required}


def outcome(do: Any, argument: str, value: object) -> object:
    """What comes of a call; `None` if it is refused as it should be."""
    try:
        found = do(**{**given(do), argument: value})
        return list(found) if isinstance(found, Iterator) else found
    except InvalidInput as error:
        # What rules are is told by their own reader, with a path into them.
        is_named = error.path == argument or argument in ("rules", "target")
        return None if is_named else str(error)
    except Exception as error:
        return repr(error)


def test_arguments_of_another_type_are_refused_by_name(client: CampaignClient) -> None:
    faults = {
        f"{name}({argument}={value!a})": found
        for name, do in operations(client)
        for argument, value in wrong(do)
        if (found := outcome(do, argument, value)) is not None
    }
    assert not faults, "\n".join(f"{call}: {found}" for call, found in faults.items())


def test_what_numbers_texts_and_paths_also_are(client: CampaignClient) -> None:
    seen = Arguments(inspect.getattr_static(type(client.contacts), "import_csv").body)
    seen.check((Path("x"),), {"batch_size": numpy.int64(5), "progress": print, "consent": []})
    # Linux has names of files that are no characters.
    seen.check(("\udcff.csv",), {"rejects": "\udcff.csv"})
    for value in (True, 5.0, None):
        with pytest.raises(InvalidInput, match="must be a whole number, not "):
            seen.check((), {"batch_size": value})
    with pytest.raises(InvalidInput, match="must be a text or None, not int"):
        seen.check(("x",), {"encoding": 5})


async def test_they_are_refused_before_they_are_awaited() -> None:
    async with AsyncCampaignClient("http://127.0.0.1:9", KEY, anonymous=True) as client:
        page: Any = "x"
        with pytest.raises(InvalidInput, match="page_size: must be a whole number, not str"):
            client.contacts.iterate(page_size=page)
        with pytest.raises(InvalidInput, match="redirect_to: must not hold lone surrogates"):
            await client.auth.oauth_url("google", "https://example.com/\ud800")
