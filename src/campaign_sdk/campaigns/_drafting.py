"""A draft for a campaign: what the model is told of it, and what may be saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from campaign_sdk._core.errors import DraftingError
from campaign_sdk._core.operation import Steps
from campaign_sdk.campaigns._models import Campaign
from campaign_sdk.drafting import Draft, Drafting
from campaign_sdk.drafting._drafts import Brief
from campaign_sdk.drafting._fields import is_sendable
from campaign_sdk.drafting._resource import write_drafts
from campaign_sdk.rules import Rules
from campaign_sdk.segments import Segment


def write_for(
    drafting: Drafting[Any],
    campaign: Campaign,
    segment: Segment | None,
    brief: Brief,
    model: str | None,
) -> Steps[Draft]:
    """Have one draft written for a campaign."""
    about = _about(campaign, segment)
    drafts = yield from write_drafts(drafting, brief, n=1, model=model, context=about)
    return drafts[0]


def _about(campaign: Campaign, segment: Segment | None) -> dict[str, Any]:
    rules = campaign.rules if segment is None else segment.rules
    return {
        "name": campaign.name,
        "description": campaign.description,
        "segment": segment and {"name": segment.name, "description": segment.description},
        "audience": None if rules is None else outline(rules),
    }


def outline(rules: Rules) -> str:
    """Describe rules without any value: it may be somebody's address."""
    return _outline(rules.to_wire())


def _outline(wire: Mapping[str, Any]) -> str:
    if "rules" in wire:
        inner = f" {wire['combinator']} ".join(map(_outline, wire["rules"])) or "everyone"
        return f"not ({inner})" if wire["not"] else f"({inner})"
    return f"{wire['field'] if is_sendable(wire['field']) else '…'} {wire['operator']} …"


def usable(draft: Draft) -> Draft:
    """Return a draft that may be saved.

    Raises:
        DraftingError: it has errors; the draft is in `details`.
    """
    errors = [problem for problem in draft.problems if problem.severity == "error"]
    if errors:
        said = "; ".join(f"{problem.path} {problem.reason}" for problem in errors[:3])
        raise DraftingError(
            f"the draft can't be saved: {said}", reason="invalid", usage=draft.usage, details=draft
        )
    return draft
