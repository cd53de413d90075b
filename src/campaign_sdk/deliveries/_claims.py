"""Asking for the next batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from pydantic import AwareDatetime

from campaign_sdk._core.failures import row_of
from campaign_sdk._core.model import Model
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.deliveries._batch import Batch, Claimed, Terms
from campaign_sdk.deliveries._outcomes import Noted


class Claim(Model):
    """The answer to `claim_batch`."""

    state: str
    retry_in: float | None = None
    due_at: AwareDatetime | None = None
    claimed: Claimed | None = None


@dataclass(frozen=True)
class Done:
    """A batch that is done, and what became of its last part."""

    batch: Batch[Any]
    outcomes: list[Noted]


def claim_batch(
    resource: Resource[Any],
    campaign_id: str,
    terms: Terms,
    *,
    size: int | None = None,
    done: Done | None = None,
) -> Steps[Claim]:
    """Ask for the next batch.

    Args:
        resource: asks.
        campaign_id: of which campaign.
        terms: lease and rate.
        size: begin with a first part of so many.
        done: a batch that is given back in the same request.
    """
    arguments: dict[str, Any] = {
        "campaign_id": campaign_id,
        "seconds": terms.lease,
        # Asked again under the same name when the answer is lost, it gives the same batch.
        "lease": str(uuid4()),
    }
    if size is not None:
        arguments |= {"size": size, "rate": terms.rate}
    if done is not None:
        arguments |= {
            "done": done.batch.number,
            "done_lease": done.batch._lease,
            "outcomes": done.outcomes or None,
        }
    row = row_of((yield resource._rpc("claim_batch", arguments, kind="keyed")))
    if row.get("state") == "claimed":
        row = {**row, "claimed": Claimed.from_row(row)}
    return Claim.from_row(row)
