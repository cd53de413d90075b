"""What providers report of messages: proven, and in one form for all of them."""

from campaign_sdk.webhooks._events import Actor, DeliveryEvent, Kind
from campaign_sdk.webhooks._providers import PROVIDERS, Provider, parse
from campaign_sdk.webhooks._webhook import Webhook

__all__ = ["PROVIDERS", "Actor", "DeliveryEvent", "Kind", "Provider", "Webhook", "parse"]
