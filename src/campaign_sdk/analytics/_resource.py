"""What became of the messages: impressions, clicks and conversions."""

from __future__ import annotations

from campaign_sdk._core.operation import Mode
from campaign_sdk.analytics._experiments import Experiments
from campaign_sdk.analytics._insight import Insight
from campaign_sdk.analytics._intake import Intake
from campaign_sdk.analytics._readings import Readings


class Analytics(Intake[Mode], Readings[Mode], Experiments[Mode], Insight[Mode]):
    """Counting what happened, exactly once, and saying what it amounts to."""
