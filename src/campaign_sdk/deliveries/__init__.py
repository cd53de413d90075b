"""Handing a campaign over: who was written to, once each, and what became of it."""

from campaign_sdk.deliveries._batch import Batch, Part
from campaign_sdk.deliveries._models import (
    Delivery,
    DeliveryStatus,
    Outcome,
    ReceiptReport,
    Resolution,
    SendReport,
)
from campaign_sdk.deliveries._resource import Deliveries

__all__ = [
    "Batch",
    "Deliveries",
    "Delivery",
    "DeliveryStatus",
    "Outcome",
    "Part",
    "ReceiptReport",
    "Resolution",
    "SendReport",
]
