"""A batch under a lease, and the parts of it that are handed over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, NamedTuple
from uuid import UUID

from campaign_sdk._core.connection import Connection
from campaign_sdk._core.errors import InvalidInput, LeaseLost, NotActive
from campaign_sdk._core.failures import row_of
from campaign_sdk._core.model import Columns, Model
from campaign_sdk._core.operation import Mode, Resource, Steps, operation
from campaign_sdk._core.pausing import pause
from campaign_sdk.contacts import Contact
from campaign_sdk.deliveries._letters import Letters
from campaign_sdk.deliveries._outcomes import (
    Noted,
    Sorted,
    contact_of,
    noted,
    refused,
    sort_receipts,
)
from campaign_sdk.senders import Message, Receipt

_BEGUN = "state,retry_in,skipped,left_out"


@dataclass(frozen=True)
class Part:
    """Members of a batch who are handed over in one request.

    Attributes:
        contacts: who could still be written to when the batch was claimed.
        after: the place in the batch after which the part begins.
        through: the place with which it ends.
    """

    contacts: tuple[Contact, ...]
    after: int
    through: int


class Place(NamedTuple):
    """A part of which nobody has been read: from one member to another, in their columns."""

    start: int
    end: int
    after: int
    through: int


@dataclass(frozen=True)
class Begun:
    """The answer to `begin_send`.

    Attributes:
        state: "begun", or why not.
        retry_in: seconds to wait, if the rate says so.
        left_out: the ids of those in the part who may not be written to.
        skipped: how many of them are news.
    """

    state: str
    retry_in: float = 0.0
    left_out: frozenset[str] = frozenset()
    skipped: int = 0

    @classmethod
    def of(cls, read: _Begun, state: str) -> Begun:
        """Read it from an answer."""
        return cls(state, read.retry_in or 0.0, frozenset(read.left_out or ()), read.skipped or 0)


class _Begun(Model):
    left_out: tuple[str, ...] | None
    retry_in: float | None
    skipped: int | None


class Members(Columns):
    """Members of a batch in columns: a row of each would keep the garbage collector busy."""

    place: list[int]
    id: list[str]
    email: list[Any]
    phone: list[Any]
    attributes: list[Any]
    created_at: list[Any]
    updated_at: list[Any]

    def contacts(self, start: int, end: int | None = None) -> tuple[Contact, ...]:
        """Read some of them."""
        columns = [getattr(self, name)[start:end] for name in _CONTACT]
        rows = zip(*columns, strict=True)
        return Contact.from_rows(dict(zip(_CONTACT, row, strict=True)) for row in rows)


_CONTACT = tuple(name for name in Members.model_fields if name != "place")
_NOBODY = Members.from_row({name: [] for name in Members.model_fields})


class Claimed(_Begun):
    """What a batch is made from: the answer to a claim that got one."""

    batch: int
    variant: str | None
    contacts: Members | None
    begun: int
    size: int
    lease: str
    part: str | None = None


@dataclass(frozen=True)
class Terms:
    """On which terms batches are worked on."""

    lease: float
    rate: float | None = None


class Batch(Resource[Mode], Generic[Mode]):
    """Members of a campaign under a lease: for `lease` seconds from the last `begin`.

    Attributes:
        campaign_id: the campaign.
        number: which of its batches this is.
        variant: which variant its members get; `None` if there are none.
    """

    def __init__(
        self, connection: Connection, letters: Letters, claimed: Claimed, terms: Terms
    ) -> None:
        super().__init__(connection)
        self.campaign_id: UUID = letters.campaign.id
        self.number: int = claimed.batch
        self.variant: str | None = claimed.variant
        self._members: Members = claimed.contacts or _NOBODY
        self._begun: int = claimed.begun
        self._size: int = claimed.size
        self._lease: str = claimed.lease
        self._letters = letters
        self._terms = terms
        # The claim may have begun with the first part already.
        self._first = Begun.of(claimed, claimed.part) if claimed.part else None
        self._open: dict[str, Message] = {}
        self._unwritten: list[Noted] = []

    def __repr__(self) -> str:
        return f"<Batch {self.number} of {self.campaign_id}: {len(self._members.id)} contacts>"

    @cached_property
    def contacts(self) -> tuple[Contact, ...]:
        """Who could still be written to when it was claimed, in order."""
        return self._members.contacts(0)

    def parts(self, size: int) -> Iterator[Part]:
        """Yield the batch in parts of so many contacts, for one request each.

        Raises:
            InvalidInput: the size isn't a number from 1 to 1,000.
        """
        if type(size) is not int or not 1 <= size <= 1_000:
            raise InvalidInput("size", "must be a number from 1 to 1,000")
        for place in self._places(size):
            yield Part(self._members.contacts(place.start, place.end), place.after, place.through)

    @operation
    def begin(self, part: Part) -> Steps[Sequence[Message]]:
        """Note that a part is about to be handed over, and return its messages.

        To be called right before each request to a vendor: whoever has unsubscribed
        meanwhile is left out, and from now on everybody in it is in doubt until `settle`.
        A contact for whom there is no message is noted as failed, and left out as well.

        Raises:
            LeaseLost: the lease is over: hand nothing over, and claim anew.
            NotActive: the campaign was paused or ended, or quiet hours have begun.
        """
        begun = yield from self._begin(part, [])
        while begun.state == "wait":
            yield pause(self, begun.retry_in)
            begun = yield from self._begin(part, [])
        self._check(begun)
        ids = [str(contact.id) for contact in part.contacts]
        messages, self._unwritten = self._written(part.contacts, ids, begun.left_out)
        self._open = {message.key: message for message in messages}
        return messages

    @operation
    def settle(self, receipts: Sequence[Receipt]) -> Steps[None]:
        """Note what became of the part that was begun last.

        It is never too late: also when the lease was lost, what was sent is noted. Who is
        left out is in doubt (`unknown`).

        Raises:
            InvalidInput: there is a receipt for a message that wasn't in the part, or
                something else than receipts; what could be read is noted all the same.
        """
        found: Sorted = sort_receipts(tuple(self._open.values()), receipts)
        wrong = found.wrong if self._open else None
        outcomes = [*self._unwritten, *found.outcomes, *refused(found.again)]
        self._open, self._unwritten = {}, []
        yield from self._settle(outcomes)
        if wrong is not None:
            raise InvalidInput("receipts", wrong.reason)

    @operation
    def release(self) -> Steps[None]:
        """Give the batch back before its lease is over.

        Whoever was begun with and has no outcome is in doubt.
        """
        yield from self._release([], [])

    # What `send` does as well, as bodies: an operation can't be part of another.

    def _places(self, size: int) -> Iterator[Place]:
        after, places = self._begun, self._members.place
        for start in range(0, max(len(places), 1), size):
            end = start + size
            # Who can't be written to any more stands between the others, and behind them.
            through = places[end - 1] if end < len(places) else self._size
            yield Place(start, end, after, through)
            after = through

    def _begin(
        self, part: Part | Place, outcomes: list[Noted], again: Sequence[str] = ()
    ) -> Steps[Begun]:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        arguments = {
            "campaign_id": str(self.campaign_id),
            "batch": self.number,
            "lease": self._lease,
            "after": part.through if again else part.after,
            "through": part.through,
            "seconds": self._terms.lease,
            "rate": self._terms.rate,
            "again": list(again) or None,
            "outcomes": outcomes or None,
        }
        # Not who may be written to, a hundred ids on the way, but who may not.
        request = self._rpc("begin_send", arguments, kind="keyed", columns=_BEGUN)
        row = row_of((yield request))
        return Begun.of(_Begun.from_row(row), str(row.get("state")))

    def _check(self, begun: Begun) -> None:
        if begun.state == "lost":
            raise LeaseLost("the lease of this batch is over: claim anew, and with a longer one")
        if begun.state == "quiet":
            raise NotActive("quiet hours have begun for this batch")
        if begun.state != "begun":
            raise NotActive(f"the campaign is {begun.state}", details=begun.state)

    def _read(self, place: Place, left_out: frozenset[str]) -> tuple[list[Message], list[Noted]]:
        """Read the members of a part, and write to them."""
        contacts = self._members.contacts(place.start, place.end)
        return self._written(contacts, self._members.id[place.start : place.end], left_out)

    def _written(
        self, contacts: Iterable[Contact], ids: Iterable[str], left_out: frozenset[str]
    ) -> tuple[list[Message], list[Noted]]:
        """Return messages for contacts, and the outcomes of those for whom there is none."""
        messages: list[Message] = []
        failed: list[Noted] = []
        for contact, who in zip(contacts, ids, strict=True):
            if who not in left_out:
                try:
                    messages.append(self._letters.message(contact, self.variant, who))
                except InvalidInput as error:
                    failed.append(noted(who, "failed", f"rendering {error}"[:500]))
        return messages, failed

    def _settle(self, outcomes: list[Noted]) -> Steps[None]:
        if not outcomes:
            return
        arguments = {
            "campaign_id": str(self.campaign_id),
            "batch": self.number,
            "outcomes": outcomes,
        }
        yield self._rpc("settle_send", arguments, kind="keyed")

    def _release(self, unsent: Sequence[Message], outcomes: list[Noted]) -> Steps[None]:
        arguments = {
            "campaign_id": str(self.campaign_id),
            "batch": self.number,
            "lease": self._lease,
            "unsent": [contact_of(message.key) for message in unsent],
            "outcomes": outcomes or None,
        }
        yield self._rpc("release_batch", arguments, kind="keyed")
