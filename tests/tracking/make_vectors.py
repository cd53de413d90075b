"""Writes vectors.json: python tests/tracking/make_vectors.py > tests/tracking/vectors.json."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parents[1]))

from campaign_sdk.tracking._token import Visit, sign
from tracking.tokens import ALPHABET, decode, encode, owners_key

SECRET = bytes(range(32))
OWNER = UUID("6f2a7f3e-5f0a-4a7e-9d3c-2f1f0a9b8c7d")
VISIT = Visit("click", 2, OWNER, UUID(int=0xC0), UUID(int=0xC1), 3, "https://example.com/")
ADDRESSES = (
    "https://example.com/",
    "http://example.com:8080/a/../b//c?x=1&y=%20&z=%zz#frag%23",
    "HTTPS://user@EXAMPLE.com",
    "https://exämple.de/straße/日本語?q=é#ü",
    "https://xn--exmple-cua.de/",
    "https://example.com/a b?c='\"<>",
    "https://example.com/" + "x" * 2_028,
    "https://[::1]/",
    "https://example.com/😀",
)
UNSOUND = (
    "javascript:alert(1)",
    "data:text/html,x",
    "//example.com/",
    "https:///example.com",
    "https://example.com/\r\nSet-Cookie: a=b",
    "ftp://example.com/",
    "https://\\example.com",
    "",
)


def made(name: str, visit: Visit, token: str, *, is_valid: bool) -> dict[str, Any]:
    fields = {field: str(value) for field, value in asdict(visit).items()}
    says = {**fields, "key_id": visit.key_id, "links": visit.links} if is_valid else None
    return {"name": name, "kind": visit.kind, "token": token, "says": says}


def vectors() -> dict[str, Any]:
    key = owners_key(SECRET, OWNER, 2)
    token = sign(key, VISIT)
    octets = decode(token)
    good = [replace(VISIT, address=each) for each in ADDRESSES]
    good += [replace(VISIT, kind="open", address="", links=0), replace(VISIT, links=255)]
    bad = {
        "a bit flipped": encode(octets[:-1] + bytes((octets[-1] ^ 1,))),
        "another kind": encode(octets[:1] + b"\x02" + octets[2:]),
        "another version": encode(b"\x02" + octets[1:]),
        "another key's number": encode(octets[:3] + b"\x03" + octets[4:]),
        "another owner": encode(octets[:4] + bytes(16) + octets[20:]),
        "another contact": encode(octets[:36] + bytes(16) + octets[52:]),
        "cut short": encode(octets[:-1]),
        "an octet more": encode(octets + b"\0"),
        "only a signature": encode(octets[-16:]),
        "spare bits set": token[:-1] + ALPHABET[ALPHABET.index(token[-1]) ^ 1],
        "padded": token + "=" * (-len(token) % 4 or 1),
        "a space": f"{token} ",
        "nothing": "",
        "another key": sign(owners_key(SECRET, OWNER, 1), VISIT),
        "another purpose": sign(owners_key(SECRET, OWNER, 2, "unsubscribe"), VISIT),
    }
    unsound = [(repr(each), sign(key, replace(VISIT, address=each))) for each in UNSOUND]
    return {
        "secret": encode(SECRET),
        "owner": str(OWNER),
        "key_id": 2,
        "key": encode(key),
        "valid": [made(each.address[:40], each, sign(key, each), is_valid=True) for each in good],
        "invalid": [made(name, VISIT, each, is_valid=False) for name, each in bad.items()],
        # Signed by the owner's own key, and yet no place to lead anybody to.
        "unsound": [made(name, VISIT, each, is_valid=False) for name, each in unsound],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n")
