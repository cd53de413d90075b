"""The public API as text, a line for each name: what `public_api.txt` is made with.

python tests/core/public_api.py > tests/core/public_api.txt
"""

from __future__ import annotations

import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from typing import Any

import campaign_sdk
from campaign_sdk._core.model import Model
from campaign_sdk._core.operation import Resource, operation, pages

# Programs, which nobody imports.
_PROGRAMS = {"cli", "demo"}
_YIELDS = re.compile(r"-> (?:Paged|Lasting)Steps\[(.*)\]$")
_RETURNS = re.compile(r"-> Steps\[(.*)\]$")
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_QUOTED = re.compile(r"""(: |-> )(['"])(.*?)\2""")


def public_api() -> str:
    """Return every public name, with its signature."""
    lines = {line for module in _modules() for line in _of_module(module)}
    return "".join(f"{line}\n" for line in sorted(lines))


def _modules() -> Iterator[Any]:
    yield campaign_sdk
    for found in pkgutil.iter_modules(campaign_sdk.__path__):
        if not found.name.startswith("_") and found.name not in _PROGRAMS:
            yield import_module(f"campaign_sdk.{found.name}")


def _of_module(module: Any) -> Iterator[str]:
    for name in module.__all__:
        value = getattr(module, name)
        if module is not campaign_sdk and getattr(campaign_sdk, name, None) is value:
            yield f"{module.__name__}.{name} = campaign_sdk.{name}"
        else:
            yield from _of(f"{module.__name__}.{name}", value)


def _of(name: str, value: Any) -> Iterator[str]:
    if inspect.isclass(value):
        bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
        yield f"{name} is a class of ({bases})"
        yield from (f"{name}.{member}{rest}" for member, rest in _members(value).items())
    elif inspect.isfunction(value):
        yield f"{name}{_signature(value)}"
    else:
        yield name


def _members(value: type) -> dict[str, str]:
    found: dict[str, str] = {}
    for owner in reversed(value.__mro__):
        if owner.__module__.startswith("campaign_sdk") and owner not in (Model, Resource):
            for name, kind in inspect.get_annotations(owner).items():
                found[name] = f": {getattr(kind, '__forward_arg__', kind)}"
            for name, member in vars(owner).items():
                found |= {name: shown} if (shown := _member(member)) else {}
    # A resource is made by its client.
    made = () if issubclass(value, Resource) else ("__init__",)
    return {
        name: shown for name, shown in found.items() if name in made or not name.startswith("_")
    }


def _member(member: Any) -> str | None:
    if isinstance(member, operation | pages):
        return _signature(member.body)
    if isinstance(member, property):
        return _signature(member.fget).replace("(self)", "")
    if isinstance(member, cached_property):
        return _signature(member.func).replace("(self) -> ", ": ")
    if isinstance(member, classmethod | staticmethod):
        return _signature(member.__func__)
    return _signature(member) if inspect.isfunction(member) else None


def _signature(function: Any) -> str:
    plain = _QUOTED.sub(r"\1\3", _ADDRESS.sub("", str(inspect.signature(function))))
    return _RETURNS.sub(r"-> \1", _YIELDS.sub(r"-> iterator of \1", plain))


if __name__ == "__main__":
    sys.stdout.write(public_api())
