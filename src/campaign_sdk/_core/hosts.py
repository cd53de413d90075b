"""Where hosts are: their names are looked up before a deadline, which no system call has."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from ipaddress import ip_address

Addresses = Future[Sequence[str]]

# One family of addresses may lead nowhere: so long it is waited for when there are others.
_FIRST = 2.0


def look_up(host: str, port: int) -> Addresses:
    """Return the future of a host's addresses, in the system's order.

    A thread of its own looks, which nobody waits for when a program ends.
    """
    found: Addresses = Future()
    if _is_address(host):
        found.set_result([host])
        return found
    # From here on nobody can cancel it: the thread may tell what it has found.
    found.set_running_or_notify_cancel()
    threading.Thread(
        target=_look_up, args=(host, port, found), name="campaign-look-up", daemon=True
    ).start()
    return found


def wait_for(found: Addresses, seconds: float | None) -> Sequence[str]:
    """Return the addresses, or raise `TimeoutError`, or what the look-up raised."""
    return found.result(seconds)


async def await_for(found: Addresses, seconds: float | None) -> Sequence[str]:
    """Return the addresses without blocking, or raise likewise."""
    async with asyncio.timeout(seconds):
        return await asyncio.wrap_future(found)


def patiently(addresses: Sequence[str]) -> Iterator[tuple[str, float | None]]:
    """Yield each address, and how long to wait for it: `None`, as long as may be, for the last."""
    for address in addresses[:-1]:
        yield address, _FIRST
    yield addresses[-1], None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _look_up(host: str, port: int, found: Addresses) -> None:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(address[0]) for *_, address in rows))
        if not addresses:
            raise OSError("the host has no address")
    except (OSError, ValueError) as error:
        # A name that no host can have is a ValueError.
        found.set_exception(error)
    else:
        found.set_result(addresses)
