"""Typed attributes: one class for what contacts have, in Python and in the database."""

from campaign_sdk.attributes._model import Attributes
from campaign_sdk.attributes._models import (
    AttributeSchema,
    SchemaCheck,
    SchemaMode,
    SchemaViolation,
    SchemaViolations,
)

__all__ = [
    "AttributeSchema",
    "Attributes",
    "SchemaCheck",
    "SchemaMode",
    "SchemaViolation",
    "SchemaViolations",
]
