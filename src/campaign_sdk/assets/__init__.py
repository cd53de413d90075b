"""The images of a campaign, in Supabase Storage."""

from campaign_sdk.assets._html import blanked, check_html, place, references
from campaign_sdk.assets._models import Asset
from campaign_sdk.assets._resource import Assets, read_assets, with_images

__all__ = [
    "Asset",
    "Assets",
    "blanked",
    "check_html",
    "place",
    "read_assets",
    "references",
    "with_images",
]
