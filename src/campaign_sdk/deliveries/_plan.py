"""How a campaign is to be sent, and what of that is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.operation import Resource
from campaign_sdk.deliveries._batch import Terms
from campaign_sdk.deliveries._models import SendReport
from campaign_sdk.deliveries._post import poster
from campaign_sdk.senders import AnySender, Message, batch_size, honours_keys

Unknown = Literal["hold", "retry"]


@dataclass(frozen=True)
class Plan:
    """How a campaign is sent.

    Attributes:
        post: one call of the sender.
        size: how many messages it takes at once.
        terms: lease and rate.
        unknown: what is done about doubts.
        progress: called after each part, with the report so far.
        stop: asked after each part whether to end.
    """

    post: Callable[[Sequence[Message]], Any]
    size: int
    terms: Terms
    unknown: Unknown
    progress: Callable[[SendReport], object] | None
    stop: Callable[[], bool] | None

    @property
    def part_size(self) -> int:
        """Parts that a rate can bear: a tenth of a second's each, or windows would burst."""
        rate = self.terms.rate
        return self.size if rate is None else max(1, min(self.size, int(rate / 10)))


def plan_of(
    resource: Resource[Any],
    sender: AnySender,
    rate: float | None,
    lease: float,
    unknown: Unknown,
    progress: Callable[[SendReport], object] | None,
    stop: Callable[[], bool] | None,
) -> Plan:
    """Return the plan, or raise `InvalidInput` that names the argument which makes no sense."""
    if unknown not in get_args(Unknown):
        raise InvalidInput("unknown", "must be hold or retry")
    if unknown == "retry" and not honours_keys(sender):
        raise InvalidInput(
            "unknown",
            'can\'t be "retry" with this sender, since its vendor takes no repeated keys:'
            " whoever had got the message would get it twice",
        )
    terms = Terms(seconds_of(lease), rate_of(rate))
    post = poster(sender, is_async=resource.is_async)
    return Plan(post, batch_size(sender), terms, unknown, progress, stop)


def seconds_of(lease: float) -> float:
    """Return the seconds of a lease, or raise `InvalidInput`."""
    number = isinstance(lease, int | float) and not isinstance(lease, bool)
    if not number or not 0.1 <= lease <= 3_600:
        raise InvalidInput("lease", "must lie between 0.1 and 3,600 seconds")
    return float(lease)


def rate_of(rate: float | None) -> float | None:
    """Return a rate, or raise `InvalidInput`."""
    if rate is None:
        return None
    number = isinstance(rate, int | float) and not isinstance(rate, bool)
    if not number or not 0.001 <= rate <= 1_000_000:
        raise InvalidInput("rate", "must be more than 0 messages a second; None for no limit")
    return float(rate)
