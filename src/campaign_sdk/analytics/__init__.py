"""What became of the messages: impressions, clicks and conversions."""

from campaign_sdk.analytics._clicks import LinkClicks
from campaign_sdk.analytics._events import Actor, Event, EventProblem, EventType, IngestReport
from campaign_sdk.analytics._reports import WebhookReport
from campaign_sdk.analytics._resource import Analytics
from campaign_sdk.reports import (
    METRICS,
    Comparison,
    DayDifference,
    Engagement,
    Metric,
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
    "IngestReport",
    "LinkClicks",
    "Metric",
    "Proportion",
    "Reconciliation",
    "Report",
    "ReportRow",
    "WebhookReport",
]
