"""What an answer is: whether a success has the form of one, and what a refusal says."""

from __future__ import annotations

import json
import re

import httpx

_BEGINNINGS = frozenset(bytes([each]) for each in b'[{"-0123456789tfn')
_STATE = re.compile(r"[0-9A-Z]{5}|PGRST[0-9A-Z]+")
_LONGEST_REFUSAL = 100_000


def is_plausible(request: httpx.Request, answer: httpx.Response, kind: str) -> bool:
    """Whether a success has the form of one. No redirect is: it would take the key along."""
    if not answer.is_success:
        return not answer.is_redirect
    # An answer that is partly there, or not there yet, would pass for the end of a listing.
    if kind == "read" and answer.status_code not in (200, 206):
        return False
    if answer.content:
        return is_json(answer) and _has_json(answer.content)
    return request.method == "HEAD" or not _wants_content(request, answer, kind)


def _wants_content(request: httpx.Request, answer: httpx.Response, kind: str) -> bool:
    asked = "return=representation" in request.headers.get("prefer", "")
    return asked or kind == "read" or answer.status_code == 200


def _has_json(content: bytes) -> bool:
    """Whether a body begins as JSON does, and has no number that only Python takes for one."""
    if content.lstrip(b" \t\r\n")[:1] not in _BEGINNINGS:
        return False
    if b"NaN" not in content and b"Infinity" not in content:
        return True
    try:
        json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def is_json(response: httpx.Response) -> bool:
    kind: str = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def state_of(answer: httpx.Response) -> str:
    """The code with which the database or PostgREST says what is wrong; empty if none does."""
    if answer.status_code < 400 or not is_json(answer) or len(answer.content) > _LONGEST_REFUSAL:
        return ""
    try:
        code = answer.json().get("code")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return code if isinstance(code, str) and _STATE.fullmatch(code) else ""
