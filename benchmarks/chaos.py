"""Chaos on the scale of a list: 40,000 recipients, 8 workers of which 60 are killed.

    make chaos
    python benchmarks/chaos.py --keys --recipients 4000 --kills 12

The vendor is sometimes slower than the lease, answers 5 % HTTP 500, and cuts 3 % after it has
taken the messages. Ends with 1 if anybody got two, or if anything isn't accounted for.
"""

from __future__ import annotations

import argparse
import sys
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from campaign_sdk import CampaignClient, LocalSupabase
from deliveries.chaos import (
    STATES,
    Scale,
    Seen,
    launched,
    orders,
    outcomes,
    receive_often,
    unleash,
)

MANNERS = {"delay": 0.005, "error": 0.05, "cut": 0.03, "slow": 0.005, "pause": 2.5}
MODES = ("sync", "async") * 4


def main() -> int:
    given = arguments()
    scale = Scale(
        recipients=given.recipients,
        modes=MODES,
        kills=given.kills,
        between=(0.1, 1.0),
        lease=1.5,
        size=25,
        manners={**MANNERS, "honours_keys": given.keys},
        unknown="retry" if given.keys else "hold",
        seed=given.seed,
        patience=1_800,
    )
    with LocalSupabase() as stack, CampaignClient(stack.url, stack.anon_key) as client:
        client.auth.sign_up(f"{uuid.uuid4().hex}@example.com", "only for some minutes")
        campaign = launched(client, scale.recipients)
        seen = unleash(stack, client, campaign.id, scale)
        status = client.deliveries.status(campaign.id)
        taken = sorted(seen.accepted)
        receive_often(orders(client, campaign.id, ""), taken)
        settled = outcomes(client, campaign.id)
        again = client.deliveries.receive([{"key": key, "type": "delivered"} for key in taken])
    rows = {
        "recipients": campaign.audience_size,
        "workers killed": seen.killed,
        "seconds": round(seen.seconds, 1),
        "statuses looked at": seen.statuses,
        "of them a second": round(seen.statuses / seen.watched, 1),
        **{name: getattr(status, name) for name in STATES},
    }
    wrong = faults(seen, rows)
    wrong["taken but not sent after the receipts"] = len(
        seen.accepted.keys() - {key for key, outcome in settled.items() if outcome == "sent"}
    )
    wrong["without a message"] = scale.recipients - len(seen.accepted) if given.keys else 0
    wrong["receipts that changed something once more"] = again.changed
    for name, value in {**rows, **wrong}.items():
        print(f"| {name} | {value:,} |")
    return 1 if any(wrong.values()) else 0


def faults(seen: Seen, rows: dict[str, int | float]) -> dict[str, int]:
    """Return what must be 0."""
    doubts = seen.with_outcome("unknown")
    print(f"| in doubt, and taken | {len(doubts & seen.accepted.keys()):,} |")
    return {
        "statuses that didn't add up": len(seen.broken),
        "taken twice": sum(times > 1 for times in seen.accepted.values()),
        "taken, but neither sent nor unknown": len(
            seen.accepted.keys() - seen.with_outcome("sent", "unknown")
        ),
        "sent, but never taken": len(seen.with_outcome("sent") - seen.accepted.keys()),
        "left pending or in flight": int(rows["pending"] + rows["in_flight"]),
        "without an outcome": int(rows["recipients"]) - len(seen.outcomes),
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=40_000)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--keys", action="store_true", help="a vendor that honours keys, and doubts tried again"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
