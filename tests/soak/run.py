"""`make soak`: two users do everything at once, over wires that fail at random.

    MINUTES=30 python tests/soak/run.py

At the end the database holds what the model in memory holds, and neither memory nor open files,
sockets among them, have grown.
"""

from __future__ import annotations

import math
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

HOUSE = Path(__file__).parents[2]
sys.path[:0] = [str(HOUSE / "tests")]

from campaign_sdk import CampaignClient  # noqa: E402 - after the path is set
from campaign_sdk._core import exchange  # noqa: E402
from campaign_sdk.local import LocalSupabase  # noqa: E402
from clients import Mode, client_of, sign_up  # noqa: E402
from soak.faults import AsyncFaulty, Faulty  # noqa: E402
from soak.person import CITIES, MOVES, Person  # noqa: E402

METRICS = ("impressions", "clicks", "conversions")
# Of what a warm process has: caches and pools are filled in the first part.
MORE_MEGABYTES, MORE_FILES = 40, 8


def step(person: Person, dice: random.Random) -> None:
    """Do one thing."""
    number, city = dice.randrange(200), dice.choice(CITIES)
    anywhere = dice.choice([None, *CITIES])
    several = [
        (dice.randrange(200), dice.choice(CITIES), dice.randrange(4), dice.random() < 0.05)
        for _ in range(dice.randrange(1, 30))
    ]
    names = [dice.randrange(500) for _ in range(dice.randrange(1, 30))]
    things: list[Callable[[], None]] = [
        lambda: person.upsert(several),
        lambda: person.delete_contact(number),
        lambda: person.unsubscribe(number),
        lambda: person.suppress(names[:5]),
        lambda: person.lift(number),
        lambda: person.create_segment(city),
        lambda: person.delete_segment(number),
        lambda: person.create_campaign(anywhere),
        lambda: person.duplicate(number),
        lambda: person.record(number, dice.choice(METRICS), dice.randrange(5)),
        lambda: person.ingest(number, names),
        lambda: person.size(anywhere),
        *(lambda: person.move(number, dice.choice(sorted(MOVES))),) * 4,
    ]
    dice.choice(things)()
    person.done += 1


def clear(person: Person) -> None:
    """Begin anew when much has come together: lists would only grow."""
    for key in list(person.campaigns):
        person.client.campaigns.delete(key)
        del person.campaigns[key]


def use(person: Person, seed: int, ends: float, steps: float, failed: list[BaseException]) -> None:
    """Do one thing after the other until time or steps are over, and compare now and then."""
    dice = random.Random(seed)
    try:
        while time.monotonic() < ends and person.done < steps and not failed:
            step(person, dice)
            if person.done % 200 == 0:
                person.compare()
            if len(person.campaigns) > 60:
                clear(person)
        person.compare()
    except BaseException as error:
        failed.append(error)
        raise


def held() -> tuple[float, int]:
    """Megabytes and open files of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, len(os.listdir("/proc/self/fd"))


def soak(
    stack: LocalSupabase,
    seconds: float,
    seed: int,
    odds: float = 0.04,
    steps: float = math.inf,
) -> list[Person]:
    """Let two users work for so long; return them. Raises what one of them found wrong."""
    begun, failed, persons = time.monotonic(), list[BaseException](), list[Person]()
    modes: list[Mode] = ["sync", "async"]
    with ExitStack() as open_:
        for number, mode in enumerate(modes):
            faults = (Faulty if mode == "sync" else AsyncFaulty)(random.Random(seed + number))
            client: CampaignClient = open_.enter_context(client_of(stack, mode, transport=faults))
            persons.append(Person(sign_up(client, f"soak-{mode}"), exact=False))
            faults.odds = odds
        threads = [
            threading.Thread(target=use, args=(person, seed + n, begun + seconds, steps, failed))
            for n, person in enumerate(persons)
        ]
        for thread in threads:
            thread.start()
        _watch(begun, seconds, threads)
    if failed:
        raise failed[0]
    return persons


def _watch(begun: float, seconds: float, threads: list[threading.Thread]) -> None:
    while time.monotonic() < begun + seconds * 0.4 and any(each.is_alive() for each in threads):
        time.sleep(0.2)
    megabytes, files = held()
    for thread in threads:
        thread.join()
    now = held()
    assert now[0] < megabytes + MORE_MEGABYTES, f"memory grew from {megabytes} to {now[0]} MB"
    assert now[1] < files + MORE_FILES, f"open files grew from {files} to {now[1]}"


def hurry() -> None:
    """Wait a fiftieth of what a client waits before it tries again."""
    vars(exchange)["random"] = SimpleNamespace(uniform=lambda _low, _high: 0.02)


def main() -> int:
    """Soak for MINUTES, and say what was done."""
    minutes, seed = float(os.environ.get("MINUTES", "30")), int(os.environ.get("SEED", "1"))
    hurry()
    before = held()
    with LocalSupabase() as stack:
        persons = soak(stack, minutes * 60, seed)
    after = held()
    sys.stdout.write(
        f"{minutes:g} minutes, seed {seed}: {sum(each.done for each in persons)} operations of two "
        f"users, database and model equal; memory {before[0]:.0f} -> {after[0]:.0f} MB, "
        f"open files {before[1]} -> {after[1]}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
