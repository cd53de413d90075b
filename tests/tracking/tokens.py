"""Tokens for the tests: the three that read them, and what is done to break them."""

from __future__ import annotations

import hmac
import json
import random
import string
import subprocess
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from campaign_sdk.local._functions import deno
from campaign_sdk.tracking._token import Kind, Visit, sign

HERE = Path(__file__).parent
ALPHABET = string.ascii_letters + string.digits + "-_"


def encode(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def owners_key(secret: bytes, owner: UUID, key_id: int, purpose: str = "link") -> bytes:
    """Derive an owner's key anew, as chapter 10 of the migrations says."""
    return hmac.digest(secret, purpose.encode() + owner.bytes + key_id.to_bytes(2), "sha256")


def read_in_deno(secret: str, asked: Iterable[tuple[Kind, str]]) -> list[dict[str, Any] | None]:
    """Return what the function `t` reads in tokens."""
    program = deno()
    assert program is not None
    done = subprocess.run(
        [program, "run", "--no-remote", "--no-lock", str(HERE / "reader.ts"), secret],
        input="\n".join(map(json.dumps, asked)),
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def mutations(key: bytes, visit: Visit, dice: random.Random) -> Iterator[str]:
    """Yield tokens for ever that differ from the one of `visit`, none signed by `key`."""
    token = sign(key, visit)
    octets = decode(token)
    while True:
        at = dice.randrange(len(octets))
        flipped = bytearray(octets)
        flipped[at] ^= 1 << dice.randrange(8)
        yield encode(bytes(flipped))
        yield encode(octets[: dice.randrange(len(octets))])
        yield encode(octets + dice.randbytes(dice.randint(1, 40)))
        yield _changed(octets, 1, bytes((octets[1] % 3 + 1,)))
        yield _changed(octets, 2, dice.randbytes(2), unless=octets)
        yield _changed(octets, 4, dice.randbytes(16))
        yield _changed(octets, 36, dice.randbytes(16))
        yield sign(dice.randbytes(32), visit)
        yield token[:-1] + dice.choice([each for each in ALPHABET if each != token[-1]])
        yield from (f"{token}=", f"{token}==", f"{token} ", f" {token}", f"{token}\n", f"{token}.")
        yield f"{token[:at]}\r\n{token[at:]}"
        yield token + dice.choice(ALPHABET)
        yield token[:-1]
        yield token.replace("-", "+").replace("_", "/") + "+"
        yield token.swapcase()


def _changed(octets: bytes, at: int, part: bytes, unless: bytes = b"") -> str:
    changed = octets[:at] + part + octets[at + len(part) :]
    return encode(changed if changed != unless else octets[:-1])
