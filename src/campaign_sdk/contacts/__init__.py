"""The people who can receive a campaign."""

from campaign_sdk.contacts._csv import ColumnType
from campaign_sdk.contacts._import import ImportReport, Problem
from campaign_sdk.contacts._items import ContactItem
from campaign_sdk.contacts._models import Contact, ContactField
from campaign_sdk.contacts._resource import Contacts, Progress

__all__ = [
    "ColumnType",
    "Contact",
    "ContactField",
    "ContactItem",
    "Contacts",
    "ImportReport",
    "Problem",
    "Progress",
]
