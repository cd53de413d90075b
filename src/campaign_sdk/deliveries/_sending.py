"""The loop of `send`: claim, begin, hand over, settle, until nothing is left that is due."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from campaign_sdk._core.errors import NotActive
from campaign_sdk._core.exchange import jittered
from campaign_sdk._core.failures import rows_of
from campaign_sdk._core.operation import Call, Resource, Steps
from campaign_sdk._core.pausing import pause
from campaign_sdk.deliveries._absence import Absence
from campaign_sdk.deliveries._batch import Batch, Begun, Claimed, Place
from campaign_sdk.deliveries._claims import Claim, Done, claim_batch
from campaign_sdk.deliveries._letters import Letters
from campaign_sdk.deliveries._models import DeliveryStatus, Resolution, SendReport
from campaign_sdk.deliveries._outcomes import (
    Noted,
    Tally,
    contact_of,
    in_doubt,
    refused,
    sort_receipts,
)
from campaign_sdk.deliveries._plan import Plan
from campaign_sdk.deliveries._post import Answer
from campaign_sdk.senders import Message

# How often a message is tried that is refused for now; what didn't leave isn't counted.
TRIES = 5
# Calls in a row of which nobody knows what became, before a send gives up.
MOST_ERRORS = 10
_LONGEST_PAUSE = 30.0


@dataclass
class Sending:
    """One `send` under way."""

    resource: Resource[Any]
    letters: Letters
    plan: Plan
    tally: Tally = field(default_factory=Tally)
    pending: int = 0
    _ended: bool = False
    _errors: int = 0
    _doubts: int = 0
    _in_vain: int = 0
    _due_at: datetime | None = None
    _absence: Absence = field(default_factory=Absence)
    _done: Done | None = None

    def run(self) -> Steps[SendReport]:
        """Send until nothing is left that is due."""
        self.pending = (yield from self._status()).pending
        first = True
        while not self._ended and not self._stopped():
            claim = yield from self._claim()
            if claim.claimed is not None:
                yield from self._work(claim.claimed)
            elif claim.state == "wait":
                yield pause(self.resource, claim.retry_in or 0.05)
            elif claim.state in ("done", "later"):
                self._due_at = claim.due_at
                if not (yield from self._tries_again()):
                    break
            elif first:
                raise NotActive(f"the campaign is {claim.state}", details=claim.state)
            else:
                break
            first = False
        yield from self._give_back()
        status = yield from self._status()
        return self._report(status)

    def _claim(self) -> Steps[Claim]:
        """Say what became of the last batch, and ask for the next, begun with its first part."""
        try:
            claim = yield from claim_batch(
                self.resource,
                str(self.letters.campaign.id),
                self.plan.terms,
                size=self.plan.part_size,
                done=self._done,
            )
        except Exception:
            # What became of the last batch mustn't hang on the next one.
            yield from self._give_back()
            raise
        self._done = None
        return claim

    def _give_back(self) -> Steps[None]:
        done, self._done = self._done, None
        if done is not None:
            yield from done.batch._release([], done.outcomes)

    def _work(self, claimed: Claimed) -> Steps[None]:
        batch: Batch[Any] = Batch(self.resource._connection, self.letters, claimed, self.plan.terms)
        outcomes: list[Noted] = []
        for part in batch._places(self.plan.part_size):
            begun = yield from self._begun(batch, part, outcomes)
            outcomes = []
            if not (yield from self._goes_on(batch, begun, [])):
                return
            self.tally.skipped += begun.skipped
            # Only now: while the part before is still there, the collector has twice as much to do.
            messages, outcomes = batch._read(part, begun.left_out)
            if messages:
                handed = yield from self._hand_over(batch, part, messages, outcomes)
                if handed is None:
                    return
                outcomes = handed
            self._show(outcomes)
            if self._stopped():
                yield from batch._release([], outcomes)
                return
            del messages
        self._done = Done(batch, outcomes)

    def _begun(
        self, batch: Batch[Any], part: Place, outcomes: list[Noted], again: Sequence[str] = ()
    ) -> Steps[Begun]:
        """Begin with a part as soon as the rate allows it."""
        begun = yield from batch._begin(part, outcomes, again)
        while begun.state == "wait":
            yield pause(self.resource, min(begun.retry_in, self.plan.terms.lease / 3))
            begun = yield from batch._begin(part, [], again)
        return begun

    def _goes_on(self, batch: Batch[Any], begun: Begun, unsent: Sequence[Message]) -> Steps[bool]:
        """Whether a part was begun; if it wasn't, give the batch back."""
        if begun.state == "begun":
            return True
        if begun.state != "lost":
            yield from batch._release(unsent, [])
        self._ended = begun.state not in ("lost", "quiet")
        return False

    def _hand_over(
        self, batch: Batch[Any], part: Place, messages: Sequence[Message], outcomes: list[Noted]
    ) -> Steps[list[Noted] | None]:
        """Hand a part over until each message has an outcome; `None` if the batch was left."""
        tries = 0
        while True:
            answer: Answer = yield Call(partial(self.plan.post, messages))
            again = yield from self._heard(batch, messages, answer, outcomes)
            if not again:
                return outcomes
            if answer.not_sent is None:
                tries += 1
            if tries >= TRIES:
                outcomes += refused(again)
                return outcomes
            messages = [message for message, _ in again]
            self._show(outcomes)
            begun = yield from self._begun_again(batch, part, messages, outcomes, tries, answer)
            outcomes = []
            if not (yield from self._goes_on(batch, begun, messages)):
                return None
            self.tally.skipped += begun.skipped
            messages = [m for m in messages if contact_of(m.key) not in begun.left_out]
            if not messages:
                return outcomes

    def _heard(
        self,
        batch: Batch[Any],
        messages: Sequence[Message],
        answer: Answer,
        outcomes: list[Noted],
    ) -> Steps[list[tuple[Message, str]]]:
        """Add what is known to the outcomes; return what is to be tried again, with reasons."""
        if answer.not_sent is not None:
            self._absence.note(answer.not_sent)
            if not answer.not_sent.retry or self._absence.is_too_long():
                yield from batch._release(messages, outcomes)
                raise answer.not_sent
            return [(message, str(answer.not_sent)) for message in messages]
        self._absence.end()
        if answer.interruption is not None:
            outcomes += in_doubt(messages, "the sender was interrupted")
            yield from batch._release([], outcomes)
            raise answer.interruption
        if answer.error is not None:
            self._errors += 1
            outcomes += in_doubt(messages, f"the sender raised {type(answer.error).__name__}")
            if self._errors >= MOST_ERRORS:
                yield from batch._release([], outcomes)
                raise answer.error
            yield pause(self.resource, _backoff(self._errors - 1, 0.02))
            return []
        self._errors = 0
        found = sort_receipts(messages, answer.receipts)
        outcomes += found.outcomes
        if found.wrong is not None:
            outcomes += refused(found.again)
            yield from batch._release([], outcomes)
            raise found.wrong
        return found.again

    def _begun_again(
        self,
        batch: Batch[Any],
        part: Place,
        messages: Sequence[Message],
        outcomes: list[Noted],
        tries: int,
        answer: Answer,
    ) -> Steps[Begun]:
        """Wait as long as is polite, keeping the lease, and begin with some messages anew."""
        asked = answer.not_sent.retry_after if answer.not_sent else None
        ends = time.monotonic() + (
            asked if asked is not None else _backoff(self._absence.waits(tries), 0.5)
        )
        heartbeat = Place(0, 0, part.through, part.through)
        begun = yield from batch._begin(heartbeat, outcomes)
        while begun.state in ("begun", "wait") and not self._stopped():
            left = ends - time.monotonic()
            if left <= 0:
                ids = [contact_of(message.key) for message in messages]
                return (yield from self._begun(batch, part, [], ids))
            yield pause(self.resource, min(left, self.plan.terms.lease / 3, 1.0))
            begun = yield from batch._begin(heartbeat, [])
        return begun if begun.state != "begun" else Begun("stopped")

    def _tries_again(self) -> Steps[bool]:
        """Let doubts be tried again; the vendor knows what it has had by its key."""
        if self.plan.unknown != "retry" or self._in_vain >= TRIES:
            return False
        if self._in_vain:
            yield pause(self.resource, _backoff(self._in_vain, 0.2))
        arguments = {"campaign_id": str(self.letters.campaign.id), "decision": "retry"}
        try:
            response = yield self.resource._rpc("resolve_unknown", arguments, kind="keyed")
        except NotActive:
            # Completed meanwhile, as the tick does where nobody is in doubt; or paused.
            return False
        resolved = Resolution.from_row(response.data).resolved
        self.tally.unknown = max(self.tally.unknown - resolved, 0)
        # As long as they become fewer it isn't in vain.
        self._in_vain = 0 if resolved < self._doubts else self._in_vain + 1
        self._doubts = resolved
        return resolved > 0

    def _status(self) -> Steps[DeliveryStatus]:
        return (yield from read_status(self.resource, str(self.letters.campaign.id)))

    def _stopped(self) -> bool:
        return self.plan.stop is not None and bool(self.plan.stop())

    def _show(self, outcomes: list[Noted]) -> None:
        self.tally.add(outcomes)
        if self.plan.progress is not None:
            self.plan.progress(self._report(None))

    def _report(self, status: DeliveryStatus | None) -> SendReport:
        left = max(self.pending - self.tally.handled, 0)
        return SendReport(
            sent=self.tally.sent,
            failed=self.tally.failed,
            skipped=self.tally.skipped,
            unknown=self.tally.unknown,
            pending=left if status is None else status.pending,
            next_due=None if status is None else self._due_at,
            waiting=self._absence.why if status is None else None,
        )


def _backoff(tries: int, shortest: float) -> float:
    return jittered(min(shortest * 2.0 ** min(tries, 20), _LONGEST_PAUSE))


def read_status(resource: Resource[Any], campaign_id: str) -> Steps[DeliveryStatus]:
    """Read how far a campaign is.

    Raises:
        NotActive: it isn't launched, or there is no such campaign of the caller's.
    """
    arguments = {"campaign_id": campaign_id}
    rows = rows_of((yield resource._rpc("delivery_status", arguments, kind="read")))
    if not rows:
        raise NotActive("the campaign isn't launched: nobody is to be sent to yet")
    return DeliveryStatus.from_row(rows[0])
