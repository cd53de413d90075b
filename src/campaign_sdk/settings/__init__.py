"""How often, and at which hours, contacts may be written to."""

from campaign_sdk.settings._models import Cap, Quiet, SendingSettings
from campaign_sdk.settings._resource import Settings

__all__ = ["Cap", "Quiet", "SendingSettings", "Settings"]
