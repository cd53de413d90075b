"""What providers report, on its way into the database."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any
from uuid import UUID

from campaign_sdk._core.errors import CampaignError, InvalidInput
from campaign_sdk._core.model import Model
from campaign_sdk._core.named import id_of
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.webhooks import PROVIDERS, DeliveryEvent, Provider, parse


class WebhookReport(Model):
    """What became of a provider's reports.

    Attributes:
        inserted: reports that are new: counted, and heeded.
        duplicates: reports that were received before, here or earlier.
        ignored: reports that say nothing of a recipient, such as that a message was queued.
        unmatched: reports of nothing that is yours: no campaign, and no address to heed.
        unsubscribed: contacts who get no more messages from now on.
        suppressed: addresses that are suppressed from now on.
    """

    inserted: int
    duplicates: int
    ignored: int
    unmatched: int
    unsubscribed: int
    suppressed: int


_NOTHING = WebhookReport(
    inserted=0, duplicates=0, ignored=0, unmatched=0, unsubscribed=0, suppressed=0
)


def receive(
    resource: Resource[Any],
    reports: Any,
    provider: Provider | None,
    campaign_id: UUID | str | None,
    size: int,
) -> Steps[WebhookReport]:
    """Store reports batch by batch."""
    campaign = None
    if campaign_id is not None:
        campaign = yield from id_of(resource, "campaigns", campaign_id, "campaign_id")
    events, sum_ = iter(_events(reports, provider)), _NOTHING
    while batch := list(islice(events, size)):
        wire = [event.model_dump(mode="json", exclude={"key"}) for event in batch]
        arguments = {"reports": wire, "campaign_id": campaign}
        try:
            response = yield resource._rpc("receive_reports", arguments, kind="keyed")
        except CampaignError as error:
            error.add_note("Give all of the reports again: none is counted twice.")
            raise
        sum_ = _sum(sum_, WebhookReport.from_row(response.data))
    return sum_


def _sum(one: WebhookReport, other: WebhookReport) -> WebhookReport:
    theirs = other.model_dump()
    return WebhookReport(**{name: value + theirs[name] for name, value in one.model_dump().items()})


def _events(reports: Any, provider: Provider | None) -> Iterable[DeliveryEvent]:
    if provider is not None and provider not in PROVIDERS:
        raise InvalidInput("provider", f"must be one of {', '.join(PROVIDERS)}")
    if isinstance(reports, DeliveryEvent):
        return [reports]
    if isinstance(reports, list | tuple) and all(isinstance(r, DeliveryEvent) for r in reports):
        return reports
    if isinstance(reports, list | dict | str | bytes):
        return parse(reports, provider)
    raise InvalidInput("reports", "must be what Webhook.read returned, or a provider's payload")
