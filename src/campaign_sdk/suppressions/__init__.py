"""Addresses that are never written to again."""

from campaign_sdk.suppressions._models import Reason, Suppression, SuppressionReport
from campaign_sdk.suppressions._resource import Suppressions

__all__ = ["Reason", "Suppression", "SuppressionReport", "Suppressions"]
