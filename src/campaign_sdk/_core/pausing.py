"""Waiting, in either mode."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from campaign_sdk._core.operation import Call, Resource


def pause(resource: Resource[Any], seconds: float) -> Call:
    """Wait for so many seconds."""
    sleep: Any = asyncio.sleep if resource.is_async else time.sleep
    return Call(lambda: sleep(seconds))
