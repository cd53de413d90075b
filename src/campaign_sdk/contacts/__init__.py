"""The people who can receive a campaign."""

from campaign_sdk.contacts._history import Happening
from campaign_sdk.contacts._import import ImportReport, Problem
from campaign_sdk.contacts._importing import Progress
from campaign_sdk.contacts._items import ContactItem
from campaign_sdk.contacts._models import Contact, ContactField, TypedContact
from campaign_sdk.contacts._persons import Erasure
from campaign_sdk.contacts._resource import Contacts
from campaign_sdk.contacts._typed import TypedContacts, TypedItem
from campaign_sdk.contacts.files._notes import ImportColumn, Note
from campaign_sdk.contacts.files._types import ColumnType

__all__ = [
    "ColumnType",
    "Contact",
    "ContactField",
    "ContactItem",
    "Contacts",
    "Erasure",
    "Happening",
    "ImportColumn",
    "ImportReport",
    "Note",
    "Problem",
    "Progress",
    "TypedContact",
    "TypedContacts",
    "TypedItem",
]
