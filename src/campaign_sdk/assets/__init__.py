"""The images of a campaign, in Supabase Storage."""

from campaign_sdk.assets._html import check_html, place, references
from campaign_sdk.assets._models import Asset
from campaign_sdk.assets._resource import Assets, read_assets

__all__ = ["Asset", "Assets", "check_html", "place", "read_assets", "references"]
