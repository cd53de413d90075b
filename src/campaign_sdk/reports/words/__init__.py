"""Results in words: facts first, as data; plain sentences from them; and a check of other words."""

from campaign_sdk.reports.words._check import Masked, Refused
from campaign_sdk.reports.words._facts import (
    Direction,
    Fact,
    breakdown_facts,
    engagement_facts,
    experiment_facts,
)
from campaign_sdk.reports.words._plain import Sentence, Teller, check_language

__all__ = [
    "Direction",
    "Fact",
    "Masked",
    "Refused",
    "Sentence",
    "Teller",
    "breakdown_facts",
    "check_language",
    "engagement_facts",
    "experiment_facts",
]
