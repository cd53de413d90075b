"""Handing campaigns over to whatever sends messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Literal, get_args
from uuid import UUID

from campaign_sdk._core.errors import InvalidInput, NotActive
from campaign_sdk._core.named import called, id_of
from campaign_sdk._core.operation import (
    Mode,
    Page,
    PagedSteps,
    Resource,
    Steps,
    operation,
    pages,
)
from campaign_sdk._core.paging import PAGE, check_page_size, table_pages
from campaign_sdk._core.pausing import pause
from campaign_sdk.assets._resource import with_images
from campaign_sdk.campaigns._read import read_campaign
from campaign_sdk.deliveries._batch import Batch, Terms
from campaign_sdk.deliveries._claims import claim_batch
from campaign_sdk.deliveries._letters import Letters
from campaign_sdk.deliveries._models import (
    Delivery,
    DeliveryStatus,
    Outcome,
    ReceiptReport,
    Resolution,
    SendReport,
)
from campaign_sdk.deliveries._plan import Unknown, plan_of, rate_of, seconds_of
from campaign_sdk.deliveries._receipts import receipt_row
from campaign_sdk.deliveries._sending import Sending, read_status
from campaign_sdk.senders import AnySender
from campaign_sdk.tracking._read import read_links

Decision = Literal["retry", "failed"]


class Deliveries(Resource[Mode]):
    """Sending campaigns, once to each member, and knowing what became of it."""

    @operation
    def send(
        self,
        id: UUID | str,
        sender: AnySender,
        *,
        rate: float | None = None,
        lease: float = 60.0,
        unknown: Unknown = "hold",
        track: bool = False,
        progress: Callable[[SendReport], object] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Steps[SendReport]:
        """Hand an active campaign over, until nothing is left that is due.

        Stop and start it as you like, also several at once: nobody is handed over twice. A
        sender that dies leaves its last request in doubt (`unknown`), and the rest of its
        batch to the others once its lease is over. It ends early, with a report, when the
        campaign is paused or ended.

        What a sender refuses for now is tried five times, with growing pauses. While it says
        that nothing left at all (`NotSent`), no tries are spent; after five minutes of that,
        or when it says that the same won't work later either, the error ends the sending,
        and whoever it was about waits again.

        Args:
            id: the campaign.
            sender: a callable from a sequence of `Message` to a sequence of `Receipt`; see
                `campaign_sdk.senders`. The asynchronous client also takes a coroutine function.
            rate: at most so many messages a second, of all senders of this campaign together.
            lease: seconds for which a batch is this sender's from one request to the next.
                Longer than the vendor ever takes, or others take over and leave a doubt.
            unknown: what is done about doubts: "hold" leaves them to a person and `resolve`;
                "retry" tries again, with a sender whose vendor takes repeated keys.
            track: let links, a pixel and headers to unsubscribe tell what becomes of each
                message; see `client.tracking`.
            progress: called after each part with the report so far.
            stop: asked after each part; if it says `True`, the sending ends with its report.

        Returns:
            What this call did, and how many of the campaign are pending.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
            NotActive: it isn't launched, is paused, or has ended.
            NotReady: it has no message, or is an e-mail without a subject.
            InvalidInput: an argument is refused; or the sender's answer isn't one receipt for
                each message that it was given, in which case the rest of its part is in doubt.
            NotSent: the sender says so, and that waiting doesn't help.
        """
        plan = plan_of(self, sender, rate, lease, unknown, progress, stop)
        letters = yield from self._letters(id, track)
        return (yield from Sending(self, letters, plan).run())

    @pages
    def claim(
        self,
        id: UUID | str,
        *,
        lease: float = 60.0,
        rate: float | None = None,
        track: bool = False,
    ) -> PagedSteps[Batch[Mode]]:
        """Yield one batch after the other, to be handed over by hand, until none is due.

            for batch in client.deliveries.claim(campaign.id, lease=60):
                for part in batch.parts(100):
                    batch.settle(post(batch.begin(part)))

        Args:
            id: the campaign.
            lease: seconds for which a batch is yours from one `begin` to the next.
            rate: at most so many messages a second, of all senders of this campaign together.
            track: as for `send`.

        Raises:
            NotFound, NotActive, NotReady, InvalidInput: as for `send`.
        """
        terms = Terms(seconds_of(lease), rate_of(rate))
        letters = yield from self._letters(id, track)
        first = True
        while True:
            claim = yield from claim_batch(self, str(letters.campaign.id), terms)
            if claim.claimed is not None:
                yield Page([Batch(self._connection, letters, claim.claimed, terms)])
            elif claim.state == "wait":
                yield pause(self, claim.retry_in or 0.05)
            elif claim.state not in ("done", "later") and first:
                raise NotActive(f"the campaign is {claim.state}", details=claim.state)
            else:
                return
            first = False

    @operation
    def status(self, id: UUID | str) -> Steps[DeliveryStatus]:
        """Return how far a launched campaign is: all states add up to its audience.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
            NotActive: it isn't launched yet.
        """
        campaign = yield from read_campaign(self, id)
        return (yield from read_status(self, str(campaign.id)))

    @pages
    def iterate(
        self, id: UUID | str, *, outcome: Outcome | None = None, page_size: int = PAGE
    ) -> PagedSteps[Delivery]:
        """Yield what became of each member so far, in the order of the contacts' ids.

        Args:
            id: the campaign.
            outcome: only those: sent, failed, skipped or unknown.
            page_size: deliveries in one request.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
        """
        if outcome is not None and outcome not in get_args(Outcome):
            raise InvalidInput("outcome", f"must be one of {', '.join(get_args(Outcome))}")
        size = check_page_size(page_size)
        campaign = yield from read_campaign(self, id)

        def select() -> Any:
            query = self._db.from_("campaign_deliveries").select("*")
            query = query.eq("campaign_id", str(campaign.id))
            return query if outcome is None else called(query, outcome, "outcome")

        yield from table_pages(select, Delivery, size, key="contact_id")

    @operation
    def resolve(self, id: UUID | str, *, unknown: Decision) -> Steps[Resolution]:
        """Decide about a campaign's doubts, as a person who knows more than the SDK.

        Args:
            id: the campaign.
            unknown: "retry": they wait again, and whoever had got the message gets it twice,
                unless the vendor takes repeated keys. "failed": they are given up.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
            NotActive: it has ended, and nothing can be tried again.
            InvalidInput: `unknown` is neither.
        """
        if unknown not in get_args(Decision):
            raise InvalidInput("unknown", "must be retry or failed")
        arguments = {"campaign_id": (yield from id_of(self, "campaigns", id)), "decision": unknown}
        response = yield self._rpc("resolve_unknown", arguments, kind="keyed")
        return Resolution.from_row(response.data)

    @operation
    def receive(self, receipts: Iterable[Any]) -> Steps[ReceiptReport]:
        """Take what a vendor says later: that a message was delivered, or bounced.

        Either way the vendor had taken it, so a doubt is settled as `sent`, and a bounce is
        its reason. In any order, and as often as you like: a repetition changes nothing.

        Args:
            receipts: mappings, or objects with such attributes: `key` (the message's) or
                `provider_id` (the vendor's own), `type` (`delivered` or `bounced`), and
                perhaps a `reason`.

        Raises:
            InvalidInput: a receipt is malformed; the path is its position and field. None of
                them is noted then.
        """
        rows = [receipt_row(position, each) for position, each in enumerate(receipts)]
        total = ReceiptReport()
        for start in range(0, len(rows), PAGE):
            arguments = {"receipts": rows[start : start + PAGE]}
            response = yield self._rpc("receive_receipts", arguments, kind="keyed")
            noted = ReceiptReport.from_row(response.data)
            total = ReceiptReport(
                changed=total.changed + noted.changed,
                repeated=total.repeated + noted.repeated,
                unmatched=total.unmatched + noted.unmatched,
            )
        return total

    def _letters(self, id: UUID | str, track: bool) -> Steps[Letters]:
        campaign = yield from read_campaign(self, id, "send")
        if campaign.launched_at is None or campaign.status != "active":
            raise NotActive(
                f"a campaign that is {campaign.status} isn't sent", details=campaign.status
            )
        links = (yield from read_links(self, str(campaign.id))) if track else None
        html = yield from with_images(self, str(campaign.id), campaign.html)
        variants = []
        for each in campaign.variants:
            shown = yield from with_images(self, str(campaign.id), each.html)
            variants.append(replace(each, html=shown))
        placed = {"html": html, "variants": tuple(variants)}
        return Letters.of(campaign.model_copy(update=placed), links)
