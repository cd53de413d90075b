"""The language of audiences: rules over contacts.

    from campaign_sdk import everyone, field

    lapsed = (field("orders") >= 3) & field("last_order_at").not_within_last(days=90)

The same tree has three forms: this expression, react-querybuilder's JSON
(`to_wire`, `Rules.from_wire`) and, in the database, one SQL predicate. `docs/rules.md`
is its reference.
"""

from __future__ import annotations

from ._behaviour import did, received
from ._builder import Field, everyone, field
from ._rules import Rules, RulesLike

__all__ = ["Field", "Rules", "RulesLike", "did", "everyone", "field", "received"]
