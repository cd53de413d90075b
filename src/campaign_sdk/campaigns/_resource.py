"""A message for an audience, from its draft to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Unpack
from uuid import UUID

from campaign_sdk._core.connection import Connection
from campaign_sdk._core.errors import Conflict, InvalidInput
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.model import NOT_GIVEN, NotGiven, given, text
from campaign_sdk._core.named import id_of
from campaign_sdk._core.operation import Mode, PagedSteps, Resource, Steps, keyed, operation, pages
from campaign_sdk._core.paging import PAGE, collect, table_pages
from campaign_sdk._core.writing import create_row, delete_rows
from campaign_sdk.assets._html import references
from campaign_sdk.campaigns._audience import Audiences, audience_of
from campaign_sdk.campaigns._drafting import usable, write_for
from campaign_sdk.campaigns._fields import check_fields
from campaign_sdk.campaigns._models import Campaign, Status
from campaign_sdk.campaigns._moves import Moves
from campaign_sdk.campaigns._preflight import Preflight, inspect
from campaign_sdk.campaigns._read import MOVABLE, check_status, one_campaign, read_campaign
from campaign_sdk.campaigns._variants import Variant, share, variants_row
from campaign_sdk.campaigns._writing import find_segment, resolved, save_draft
from campaign_sdk.channels import Channel
from campaign_sdk.drafting import Draft, Drafting
from campaign_sdk.drafting._drafts import Brief, Wishes
from campaign_sdk.rules import RulesLike
from campaign_sdk.segments._audience import read_segment


class Campaigns(Moves[Mode], Audiences[Mode]):
    """Creating, launching and following campaigns."""

    def __init__(self, connection: Connection, drafting: Drafting[Mode]) -> None:
        super().__init__(connection)
        self._drafting: Drafting[Any] = drafting

    @operation
    def create(
        self,
        name: str,
        *,
        message: str | None = None,
        subject: str | None = None,
        preheader: str | None = None,
        html: str | None = None,
        channel: Channel = "email",
        description: str | None = None,
        rules: RulesLike | None = None,
        segment_id: UUID | str | None = None,
        timezone: str | None = None,
        variants: Iterable[Variant] = (),
        hold_out: float = 0,
        test_share: float | None = None,
    ) -> Steps[Campaign]:
        """Store a draft.

        Args:
            name: for people.
            message: the text, with placeholders such as `{{ city | default: "town" }}`.
            subject: of an e-mail, with placeholders; one line.
            preheader: what an inbox shows after the subject, with placeholders; one line.
            html: the message as HTML, with placeholders; beside a message, which then is
                its plain form, or alone.
            channel: by which way it is sent: email, sms, push or whatsapp.
            description: for people.
            rules: the audience, as an expression or react-querybuilder's JSON.
            segment_id: the audience, as a segment's id or name; instead of rules.
            timezone: the IANA time zone of its days; the segment's by default, or UTC.
            variants: messages to be compared: each contact is drawn one of them, by weight.
            hold_out: the share of the audience, up to 0.5, that gets nothing, so that it shows
                what would have happened anyway.
            test_share: the share of the rest that the variants are tested on; the others
                wait until one is chosen with `promote`. By default all get one at once.

        Raises:
            InvalidInput: a value is refused; the path names it.
            NotFound: there is no such segment, or it is somebody else's.
        """
        if rules is not None and segment_id is not None:
            raise InvalidInput("rules", "can't stand beside segment_id: choose one of the two")
        optional = {
            "message": message,
            "subject": subject,
            "preheader": preheader,
            "html": html,
            "channel": channel,
            "description": description,
            "rules": rules,
            "segment_id": segment_id,
            "timezone": timezone,
            "variants": variants_row(variants),
            "hold_out": share(hold_out, "hold_out", 0, 0.5) or None,
            "test_share": test_share,
        }
        if test_share is not None and optional["variants"] is None:
            raise InvalidInput("test_share", "needs variants to test")
        values = {key: value for key, value in optional.items() if value is not None}
        yield from find_segment(self, values)
        row = yield from resolved(self, {"name": name, **values})
        warnings = yield from check_fields(self, row)
        created = yield from create_row(self, "campaigns", row)
        return Campaign.from_row(created).model_copy(update={"warnings": warnings})

    @operation
    def get(self, id: UUID | str) -> Steps[Campaign]:
        """Return one campaign.

        Raises:
            NotFound: there is none with this id, or it is somebody else's.
        """
        return (yield from read_campaign(self, id))

    @operation
    def list(self, *, status: Status | None = None) -> Steps[Sequence[Campaign]]:
        """Return all campaigns, or those of one status, the newest first."""
        campaigns = yield from collect(table_pages(_select(self, status), Campaign))
        return sorted(campaigns, key=lambda campaign: campaign.created_at, reverse=True)

    @pages
    def iterate(
        self, *, status: Status | None = None, page_size: int = PAGE
    ) -> PagedSteps[Campaign]:
        """Yield all campaigns, or those of one status, in the order of their ids."""
        yield from table_pages(_select(self, status), Campaign, page_size)

    @operation
    def update(
        self,
        id: UUID | str,
        *,
        name: str | NotGiven = NOT_GIVEN,
        message: str | None | NotGiven = NOT_GIVEN,
        subject: str | None | NotGiven = NOT_GIVEN,
        preheader: str | None | NotGiven = NOT_GIVEN,
        html: str | None | NotGiven = NOT_GIVEN,
        channel: Channel | NotGiven = NOT_GIVEN,
        description: str | None | NotGiven = NOT_GIVEN,
        rules: RulesLike | None | NotGiven = NOT_GIVEN,
        segment_id: UUID | str | None | NotGiven = NOT_GIVEN,
        timezone: str | NotGiven = NOT_GIVEN,
    ) -> Steps[Campaign]:
        """Change what is given, and return the campaign.

        Giving rules takes the place of a segment, and the other way round.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
            InvalidInput: a value is refused; the path names it.
            Conflict: the launch has frozen what is to be changed.
        """
        changes = given(
            name=name,
            message=message,
            subject=subject,
            preheader=preheader,
            html=html,
            channel=channel,
            description=description,
            rules=rules,
            segment_id=segment_id,
            timezone=timezone,
        )
        if changes.get("rules") is not None and changes.get("segment_id") is not None:
            raise InvalidInput("rules", "can't stand beside segment_id: choose one of the two")
        yield from find_segment(self, changes)
        row = yield from resolved(self, changes)
        if row.get("rules") is not None:
            row["segment_id"] = None
        if row.get("segment_id") is not None:
            row["rules"] = None
        if not row:
            return (yield from read_campaign(self, id, "update"))
        warnings = yield from check_fields(self, row)
        key = yield from id_of(self, "campaigns", id, prefer=MOVABLE["update"])
        update = self._db.from_("campaigns").update(row).eq("id", key)
        response = yield keyed(update)
        return one_campaign(rows_of(response)).model_copy(update={"warnings": warnings})

    @operation
    def delete(self, id: UUID | str) -> Steps[None]:
        """Delete a campaign with its history, counters and events.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
        """
        query = self._db.from_("campaigns").delete
        key = yield from id_of(self, "campaigns", id)
        rows = yield from delete_rows(lambda: query().eq("id", key))
        if rows is not None:
            one_campaign(rows)

    @operation
    def duplicate(self, id: UUID | str, *, name: str | None = None) -> Steps[Campaign]:
        """Store a new draft with the same message, images and audience.

        Args:
            id: the campaign to copy, whatever its status.
            name: of the copy; "Copy of ..." by default.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
        """
        source = yield from read_campaign(self, id)
        row = {
            "name": text(name or f"Copy of {source.name}"[:200], "name", required=True),
            "message": source.message,
            "subject": source.subject,
            "preheader": source.preheader,
            "html": source.html,
            "channel": source.channel,
            "description": source.description,
            "timezone": source.timezone,
            "segment_id": str(source.segment_id) if source.segment_id else None,
            "rules": None if source.segment_id else source.wire,
            "variants": variants_row(source.variants),
            "hold_out": source.hold_out,
            "test_share": source.test_share,
        }
        copy = Campaign.from_row((yield from create_row(self, "campaigns", row)))
        if references(copy.html or ""):
            assets = {"source": str(source.id), "target": str(copy.id)}
            yield self._rpc("copy_assets", assets, kind="keyed")
        return copy

    @operation
    def preflight(self, id: UUID | str) -> Steps[Preflight]:
        """Say what stands in the way of a launch, and whom it would reach; changes nothing.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
        """
        campaign = yield from read_campaign(self, id, "preflight")
        rules = yield from audience_of(self, campaign)
        return (yield from inspect(self, campaign, rules))

    @operation
    def draft_message(
        self,
        id: UUID | str,
        *,
        brief: str | None = None,
        save: bool = False,
        model: str | None = None,
        **wishes: Unpack[Wishes],
    ) -> Steps[Draft]:
        """Have a message written for a campaign, and check it.

        The model is told the campaign's name and description, its segment's, which fields
        its rules use (no values), and which fields contacts have.

        Args:
            id: the campaign.
            brief: what the message is to say; by default, what name and description say.
            save: make the draft the campaign's message, subject, preheader and channel, if it
                has no errors.
            model: the model to ask; else the client's.
            wishes: channel (the campaign's by default), tone, language, brand_voice, avoid and
                allowed_domains, as for `drafting.messages`.

        Raises:
            NotFound: there is no such campaign, or it is somebody else's.
            Conflict: it is to be saved, but the message is frozen; the model wasn't asked.
            StaleState: somebody changed the campaign while the model wrote; not saved.
            ConfigurationError: there is no `OPENAI_API_KEY`; nothing was sent.
            DraftingError: no usable answer, or a draft with errors that was to be saved
                (it is in `details`); not saved.
        """
        self._drafting._writer.options.check()
        told = brief or "What the campaign's name and description say."
        Brief.of(told, **wishes)
        campaign = yield from read_campaign(self, id, "update")
        wishes.setdefault("channel", campaign.channel)
        asked = Brief.of(told, **wishes)
        if save and campaign.status in ("active", "completed", "archived"):
            raise Conflict(f"the message of a campaign that is {campaign.status} can't be changed")
        segment = None
        if campaign.segment_id is not None:
            segment = yield from read_segment(self, campaign.segment_id)
        draft = yield from write_for(self._drafting, campaign, segment, asked, model)
        if save:
            yield from save_draft(self, campaign, usable(draft))
        return draft


def _select(resource: Resource[Any], status: Status | None) -> Callable[[], Any]:
    check_status(status, "status")

    def select() -> Any:
        query = resource._db.from_("campaigns").select("*")
        return query if status is None else query.eq("status", status)

    return select
