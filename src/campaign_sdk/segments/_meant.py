"""Which name may be meant by one that isn't there."""

from __future__ import annotations

from collections.abc import Iterable

from campaign_sdk._core.spelling import nearest
from campaign_sdk.rules._wire import COLUMNS

_SHOWN = 8


def meant(name: str, known: Iterable[str]) -> str:
    """Return what may be meant by a name, to be put behind what is said of it."""
    names = sorted(known)
    near = nearest(name, (*names, *COLUMNS))
    if near or not names:
        return f"; did you mean {near!r}?" if near else ""
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"; there are {', '.join(names[:_SHOWN])}{more}"
