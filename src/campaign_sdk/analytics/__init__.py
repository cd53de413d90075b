"""What became of the messages: impressions, clicks and conversions."""

from campaign_sdk.analytics._account import EventProblem, IngestReport
from campaign_sdk.analytics._clicks import LinkClicks
from campaign_sdk.analytics._events import Actor, Event, EventType
from campaign_sdk.analytics._reports import WebhookReport
from campaign_sdk.analytics._resource import Analytics
from campaign_sdk.reports import (
    METRICS,
    Comparison,
    DayDifference,
    Engagement,
    Experiment,
    Metric,
    Plan,
    Proportion,
    Reconciliation,
    Report,
    ReportRow,
)

__all__ = [
    "METRICS",
    "Actor",
    "Analytics",
    "Comparison",
    "DayDifference",
    "Engagement",
    "Event",
    "EventProblem",
    "EventType",
    "Experiment",
    "IngestReport",
    "LinkClicks",
    "Metric",
    "Plan",
    "Proportion",
    "Reconciliation",
    "Report",
    "ReportRow",
    "WebhookReport",
]
