"""The class that most tests of attributes are about."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

from pydantic import Field

from campaign_sdk import Attributes


class Tier(Enum):
    SILVER = "silver"
    GOLD = "gold"


class Address(Attributes):
    city: str = ""
    post_code: str | None = Field(default=None, alias="post code")


class Purchase(Attributes):
    total: Decimal
    sku: str | None = None


class Customer(Attributes):
    orders: int = 0
    plan: Literal["free", "pro"] = "free"
    last_order_at: datetime | None = None
    born: date | None = None
    address: Address = Address()
    work: Address | None = None
    tags: list[str] = Field(default_factory=list)
    spend: Annotated[Decimal, Field(ge=0)] | None = None
    tier: Tier | None = None
    vip: bool = False
    email: str | None = None
    code: int | str | None = None
    purchases: list[Purchase] = Field(default_factory=list)
    notes: dict[str, Any] = Field(default_factory=dict)
