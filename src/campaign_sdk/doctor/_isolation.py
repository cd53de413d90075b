"""Does the database keep people apart? Two probes: nobody, and whoever is signed in.

Every row that is offered lacks a value that must not be null. Row level security is asked
before that constraint, so the refusal tells whether a policy stood in the way, and no row
is ever stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from ._finding import Finding
from ._probe import Answer, Identity, Probe
from ._schema import TABLES

REMEDY = (
    "enable row level security and restore the policies and grants of our migrations "
    "(`campaign migrations export`); look for what was run by hand since"
)

# Where an owner may insert without anything else being there.
_ROOTS = ("contacts", "audience_segments", "campaigns")
_NOBODY = str(UUID(int=0))
_REFUSED = "42501"
_UNFINISHED = "23502"
_ABSENT = ("PGRST205", "42P01")


def check_anonymous(probe: Probe) -> Finding:
    """Whoever has nothing but the public key must neither see nor write anything."""
    reads = {table: _read(probe, table) for table in TABLES}
    writes = {table: _offer(probe, table, _NOBODY) for table in TABLES}
    faults = {
        "can be read by whoever has the public key": _let(reads),
        "can be written by whoever has the public key": _let(writes),
    }
    unclear = [*_unclear(reads), *_unclear(writes)]
    return _found("nobody", faults, unclear, "without signing in, nothing is seen or written")


def check_reads(probe: Probe, who: Identity) -> Finding:
    """Whoever is signed in must see their own rows only."""
    answers = {table: _read_others(probe, table, who) for table in TABLES}
    shown = [t for t, each in answers.items() if each.status < 300 and each.body]
    faults = {"shows rows of others": shown}
    return _found("own rows", faults, _unclear(answers), "nobody else's rows are seen")


def check_writes(probe: Probe, who: Identity) -> Finding:
    """A row for somebody else must be refused, and one's own accepted."""
    others = {table: _offer(probe, table, _NOBODY, who) for table in TABLES}
    own = {table: _offer(probe, table, who.id, who, returning=True) for table in _ROOTS}
    faults = {
        "takes rows for others": _let(others),
        "refuses one's own rows": [t for t, each in own.items() if each.code == _REFUSED],
    }
    unclear = [*_unclear(others), *_unclear(own)]
    return _found("own writes", faults, unclear, "rows for others are refused, one's own aren't")


def _found(name: str, faults: dict[str, list[str]], unclear: Sequence[str], well: str) -> Finding:
    told = [f"{', '.join(tables)}: {what}" for what, tables in faults.items() if tables]
    if told:
        return Finding(name, "failed", "; ".join(told), REMEDY)
    if unclear:
        message = f"no clear answer about {', '.join(sorted(set(unclear)))}"
        return Finding(name, "warning", message, "run it again; see the project's API logs")
    return Finding(name, "ok", well)


def _let(answers: dict[str, Answer]) -> list[str]:
    """Name the tables where neither a grant nor a policy stood in the way."""
    return [t for t, each in answers.items() if each.status < 300 or each.code == _UNFINISHED]


def _unclear(answers: dict[str, Answer]) -> list[str]:
    known = (_REFUSED, _UNFINISHED, *_ABSENT)
    return [t for t, each in answers.items() if each.status >= 300 and each.code not in known]


def _read(probe: Probe, table: str) -> Answer:
    return probe.get(f"/rest/v1/{table}", select="*", limit="0")


def _offer(
    probe: Probe, table: str, owner: str, who: Identity | None = None, *, returning: bool = False
) -> Answer:
    return probe.post(f"/rest/v1/{table}", {"user_id": owner}, who, returning=returning)


def _read_others(probe: Probe, table: str, who: Identity) -> Answer:
    query = {"select": "user_id", "user_id": f"neq.{who.id}"}
    return probe.get(f"/rest/v1/{table}", who, limit="1", **query)
