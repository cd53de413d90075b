"""Messages with placeholders: Liquid's output syntax, and no logic at all."""

from campaign_sdk.templates._template import SupportsAttributes, Template

__all__ = ["SupportsAttributes", "Template"]
