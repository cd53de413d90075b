"""Links that are tracked: made and signed here, answered by the function `t`."""

from campaign_sdk.tracking._links import Links
from campaign_sdk.tracking._models import LinkKey, TrackingSettings
from campaign_sdk.tracking._resource import Tracking

__all__ = ["LinkKey", "Links", "Tracking", "TrackingSettings"]
