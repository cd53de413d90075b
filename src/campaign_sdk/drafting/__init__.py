"""Drafts by a language model, checked before anyone reads them.

    drafts = client.drafting.messages("Win back customers who went quiet", n=3)
    audience = client.drafting.rules("spent over 100 and nothing for 90 days")

What is sent: the brief, and which fields contacts have (names, types, coverage), never
what is in them. What comes back is checked against closed models, the fields, the
channel's limits, and the domains that links may lead to. Nothing is saved or applied
unless the caller says so, and the openai package isn't imported before the first draft.
"""

from __future__ import annotations

from campaign_sdk.channels import Channel, SmsSize, sms_size

from ._budget import Usage
from ._drafts import Draft, DraftProblem, Drafts
from ._options import DraftingOptions
from ._resource import Drafting, StreamedDraft
from ._rules import DraftedRules

__all__ = [
    "Channel",
    "Draft",
    "DraftProblem",
    "DraftedRules",
    "Drafting",
    "DraftingOptions",
    "Drafts",
    "SmsSize",
    "StreamedDraft",
    "Usage",
    "sms_size",
]
