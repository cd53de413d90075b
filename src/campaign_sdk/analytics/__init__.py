"""What became of the messages: impressions, clicks and conversions."""

from campaign_sdk.analytics._account import EventProblem, IngestReport
from campaign_sdk.analytics._clicks import LinkClicks
from campaign_sdk.analytics._events import Actor, Event, EventType
from campaign_sdk.analytics._reports import WebhookReport
from campaign_sdk.analytics._resource import Analytics
from campaign_sdk.analytics._summary import Summary
from campaign_sdk.reports import (
    METRICS,
    BestHour,
    BreakdownGroup,
    CampaignBreakdown,
    Comparison,
    DayDifference,
    Engagement,
    Experiment,
    GroupRate,
    Hour,
    Metric,
    Plan,
    Proportion,
    Reconciliation,
    Report,
    ReportRow,
)
from campaign_sdk.reports.words import Fact

__all__ = [
    "METRICS",
    "Actor",
    "Analytics",
    "BestHour",
    "BreakdownGroup",
    "CampaignBreakdown",
    "Comparison",
    "DayDifference",
    "Engagement",
    "Event",
    "EventProblem",
    "EventType",
    "Experiment",
    "Fact",
    "GroupRate",
    "Hour",
    "IngestReport",
    "LinkClicks",
    "Metric",
    "Plan",
    "Proportion",
    "Reconciliation",
    "Report",
    "ReportRow",
    "Summary",
    "WebhookReport",
]
