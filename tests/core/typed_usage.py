"""What users' type checkers see: `mypy --strict` fails if one of the errors ignored here
isn't there."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Sequence
from typing import assert_type
from uuid import UUID

from campaign_sdk import (
    AsyncCampaignClient,
    AudienceSize,
    Campaign,
    CampaignClient,
    Contact,
    ImportReport,
    Preflight,
    Segment,
    StatusChange,
    User,
    field,
)

ID = UUID(int=0)
RULES = (field("orders") >= 3) & ~field("city").in_(["Pune"])


def synchronous(client: CampaignClient) -> None:
    assert_type(client.auth.sign_in_with_password("a@example.com", "x"), User)
    assert_type(client.contacts.get(ID), Contact)
    assert_type(client.contacts.find("a@example.com"), Contact | None)
    assert_type(client.contacts.count(), int)
    assert_type(client.contacts.upsert([{"email": "a@example.com"}]), ImportReport)
    assert_type(client.contacts.iterate(RULES), Generator[Contact, None, None])
    assert_type(client.segments.list(), Sequence[Segment])
    assert_type(client.segments.size(RULES), AudienceSize)
    assert_type(client.campaigns.launch(ID, expected="draft"), Campaign)
    assert_type(client.campaigns.preflight(ID), Preflight)
    assert_type(client.campaigns.history(ID), Sequence[StatusChange])
    assert_type(client.campaigns.render_audience(ID), Generator[tuple[Contact, str], None, None])
    client.contacts.get()  # type: ignore[call-arg]
    client.contacts.get(7)  # type: ignore[arg-type]
    client.campaigns.launch(ID, expected="gone")  # type: ignore[arg-type]
    client.campaigns.create("x", messsage="y")  # type: ignore[call-arg]


async def asynchronous(client: AsyncCampaignClient) -> None:
    assert_type(await client.auth.sign_in_with_password("a@example.com", "x"), User)
    assert_type(await client.contacts.get(ID), Contact)
    assert_type(await client.contacts.find("a@example.com"), Contact | None)
    assert_type(await client.contacts.count(), int)
    assert_type(await client.contacts.upsert([{"email": "a@example.com"}]), ImportReport)
    assert_type(client.contacts.iterate(RULES), AsyncGenerator[Contact, None])
    assert_type(await client.segments.list(), Sequence[Segment])
    assert_type(await client.segments.size(RULES), AudienceSize)
    assert_type(await client.campaigns.launch(ID, expected="draft"), Campaign)
    assert_type(await client.campaigns.preflight(ID), Preflight)
    assert_type(await client.campaigns.history(ID), Sequence[StatusChange])
    assert_type(client.campaigns.render_audience(ID), AsyncGenerator[tuple[Contact, str], None])
    client.campaigns.launch(ID)  # type: ignore[unused-coroutine]
    await client.contacts.iterate()  # type: ignore[misc]
    await client.contacts.get(7)  # type: ignore[arg-type]
