"""The methods that users see: what drives a body of an operation, with a signature of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any, cast

from campaign_sdk._core.arguments import Arguments


def method(body: Callable[..., Any], driver: Callable[[Any], Any], returns: str) -> FunctionType:
    """Return the method that drives a body, with the signature that its callers see.

    Args:
        body: the generator function.
        driver: what carries it out.
        returns: what a call returns, around what the body's own annotation has in brackets.
    """
    arguments = Arguments(body)

    @functools.wraps(body)
    def call(resource: Any, *args: Any, **kwargs: Any) -> Any:
        arguments.check(args, kwargs)
        return driver(body(resource, *args, **kwargs))

    shown = _shown(cast(FunctionType, body), returns)
    call.__annotations__ = shown.__annotations__
    # `inspect` and `help` look here; Python's traceback and debuggers at the code itself.
    call.__wrapped__ = shown
    return cast(FunctionType, call)


def _shown(body: FunctionType, returns: str) -> FunctionType:
    """Return a body's twin to be looked at, never called: `Steps[X]` is an affair of ours."""
    twin = FunctionType(
        body.__code__, body.__globals__, body.__name__, body.__defaults__, body.__closure__
    )
    twin.__kwdefaults__ = body.__kwdefaults__
    told = str(body.__annotations__.get("return", "Steps[Any]"))
    result = told[told.index("[") + 1 : -1] if "[" in told else "Any"
    kinds = {**body.__annotations__, "return": returns.format(result)}
    twin.__annotations__ = {name: _Plain(kind) for name, kind in kinds.items()}
    return twin


class _Plain(str):
    """An annotation that `help` shows without quotation marks."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)
