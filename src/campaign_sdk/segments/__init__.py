"""Audiences described by rules."""

from campaign_sdk.segments._analytics import Breakdown, FieldGroup, SegmentAnalytics
from campaign_sdk.segments._models import AudiencePreview, AudienceSize, FunnelStep, Segment
from campaign_sdk.segments._resource import Segments

__all__ = [
    "AudiencePreview",
    "AudienceSize",
    "Breakdown",
    "FieldGroup",
    "FunnelStep",
    "Segment",
    "SegmentAnalytics",
    "Segments",
]
