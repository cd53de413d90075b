"""Campaigns that rules name, looked up: what is asked or stored holds their ids."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from campaign_sdk._core.errors import InvalidRules
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.model import Model
from campaign_sdk._core.named import called
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk._core.spelling import nearest
from campaign_sdk.rules import Rules, RulesLike

# The newest, among which a misspelt name is looked for.
_SAMPLE = 1_000


def named_rules(resource: Resource[Any], rules: RulesLike) -> Steps[Rules]:
    """Return rules with the ids of the campaigns that they name.

    Raises:
        InvalidRules: there is no campaign of that name, or there are several.
    """
    rules = Rules.of(rules)
    ids = {}
    for name in rules.campaigns:
        ids[name] = yield from _id_of(resource, name)
    return rules.with_campaigns(ids) if ids else rules


class _Id(Model):
    id: UUID


class _Name(Model):
    name: str


def _id_of(resource: Resource[Any], name: str) -> Steps[UUID]:
    query = resource._db.from_("campaigns").select("id")
    response = yield called(query, name).limit(2)
    found = [_Id.from_row(row) for row in rows_of(response)]
    if len(found) == 1:
        return found[0].id
    if found:
        raise InvalidRules("$", f"several campaigns are called {name!r}: give the id of one")
    newest = resource._db.from_("campaigns").select("name").order("created_at", desc=True)
    response = yield newest.limit(_SAMPLE)
    names = {_Name.from_row(row).name for row in rows_of(response)}
    near = nearest(name, names)
    hint = f"; did you mean {near!r}?" if near else ""
    raise InvalidRules("$", f"there is no campaign {name!r}{hint}")
