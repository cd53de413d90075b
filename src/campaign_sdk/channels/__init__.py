"""What each way of sending a message has room for: lengths, segments, links."""

from __future__ import annotations

from ._limits import Channel
from ._sms import SmsSize, sms_size

__all__ = ["Channel", "SmsSize", "sms_size"]
