"""The images of a campaign, in Supabase Storage."""

from campaign_sdk.assets._models import Asset
from campaign_sdk.assets._resource import Assets

__all__ = ["Asset", "Assets"]
