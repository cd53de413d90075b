"""Typed attributes: one class for what contacts have, in Python and in the database."""

from campaign_sdk.attributes._model import Attributes

__all__ = ["Attributes"]
