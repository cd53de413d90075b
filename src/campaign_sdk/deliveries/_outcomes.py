"""What became of messages, as the database notes it, and as it is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.senders import Message, Receipt

Noted = dict[str, Any]


def noted(
    contact_id: str, outcome: str, reason: str | None, provider_id: str | None = None
) -> Noted:
    """Return an outcome as the database takes it."""
    found = {"contact_id": contact_id, "outcome": outcome}
    if reason is not None:
        found["reason"] = reason
    if provider_id is not None:
        found["provider_id"] = provider_id
    return found


@dataclass(frozen=True)
class Sorted:
    """The receipts of one call, sorted by what they mean.

    Attributes:
        outcomes: what is settled.
        again: messages that were refused for now, with the reason.
        wrong: what is wrong with the answer as such, if anything is.
    """

    outcomes: list[Noted] = field(default_factory=list)
    again: list[tuple[Message, str]] = field(default_factory=list)
    wrong: InvalidInput | None = None


def sort_receipts(messages: Sequence[Message], answer: Any) -> Sorted:
    """Sort what a sender answered; whoever it leaves out is in doubt."""
    waiting = {message.key: message for message in messages}
    found = Sorted()
    wrong = _wrong_type(answer)
    for receipt in () if wrong else answer:
        message = waiting.pop(receipt.key, None)
        if message is None:
            wrong = InvalidInput("sender", "answered for a key that it wasn't given, or twice")
        elif receipt.outcome == "failed" and receipt.retry:
            found.again.append((message, receipt.reason or "refused for now"))
        else:
            given = noted(
                contact_of(message.key), receipt.outcome, receipt.reason, receipt.provider_id
            )
            found.outcomes.append(given)
    if waiting and len(waiting) == len(messages) and wrong is None:
        wrong = InvalidInput(
            "sender", f"must return a Receipt for each message: none for {len(messages)}"
        )
    doubts = in_doubt(waiting.values(), "the sender didn't say what became of it")
    return replace(found, outcomes=found.outcomes + doubts, wrong=wrong)


def _wrong_type(answer: Any) -> InvalidInput | None:
    receipts = isinstance(answer, Sequence) and all(isinstance(each, Receipt) for each in answer)
    if receipts:
        return None
    return InvalidInput("sender", "must return a sequence of campaign_sdk.senders.Receipt")


def in_doubt(messages: Iterable[Message], reason: str) -> list[Noted]:
    """Return the outcomes of messages of which nobody knows whether they left."""
    return [noted(contact_of(message.key), "unknown", reason) for message in messages]


def refused(again: Iterable[tuple[Message, str]]) -> list[Noted]:
    """Return the outcomes of messages that were refused for now, and too often."""
    return [noted(contact_of(message.key), "failed", reason) for message, reason in again]


def contact_of(key: str) -> str:
    """Return the contact's id in a key."""
    return key.partition("/")[2]


@dataclass
class Tally:
    """The counts of one `send`."""

    sent: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0

    def add(self, outcomes: Iterable[Mapping[str, Any]]) -> None:
        """Count outcomes."""
        for name, count in Counter(each["outcome"] for each in outcomes).items():
            setattr(self, name, getattr(self, name) + count)

    @property
    def handled(self) -> int:
        """How many have an outcome."""
        return self.sent + self.failed + self.skipped + self.unknown
