"""What the numbers mean and how sure they are: metrics, reports and comparisons."""

from campaign_sdk.reports._breakdown import BreakdownGroup, CampaignBreakdown, GroupRate
from campaign_sdk.reports._comparison import Comparison, Proportion
from campaign_sdk.reports._data import ReportRow
from campaign_sdk.reports._engagement import Engagement
from campaign_sdk.reports._experiment import Experiment
from campaign_sdk.reports._hours import BestHour, Hour
from campaign_sdk.reports._metrics import METRICS, Metric
from campaign_sdk.reports._plan import Plan
from campaign_sdk.reports._reconciliation import DayDifference, Reconciliation
from campaign_sdk.reports._report import Report

__all__ = [
    "METRICS",
    "BestHour",
    "BreakdownGroup",
    "CampaignBreakdown",
    "Comparison",
    "DayDifference",
    "Engagement",
    "Experiment",
    "GroupRate",
    "Hour",
    "Metric",
    "Plan",
    "Proportion",
    "Reconciliation",
    "Report",
    "ReportRow",
]
