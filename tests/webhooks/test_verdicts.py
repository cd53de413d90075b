"""One table of cases, two languages: Python and the functions' Deno judge alike."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from campaign_sdk import WebhookRefused
from campaign_sdk.local._config import functions_folder
from campaign_sdk.local._functions import deno
from campaign_sdk.webhooks import DeliveryEvent, Webhook, _proofs

from . import payloads
from .cases import Case, Verdict, table
from .keys import NOW, Mailgun

MODULE = functions_folder() / "_shared" / "webhooks" / "webhook.ts"
RUNNER = Path(__file__).with_name("verdicts.ts")

Answer = dict[str, Any]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return table()


@pytest.fixture(scope="module")
def of_deno(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    file = tmp_path_factory.mktemp("webhooks") / "cases.json"
    file.write_text(json.dumps([asdict(case) for case in cases]))
    found = deno()
    assert found is not None
    flags = ("run", "--quiet", "--no-remote", "--no-npm", "--no-lock", "--no-config")
    command = [
        found,
        *flags,
        f"--allow-read={file},{MODULE.parent}",
        str(RUNNER),
        str(file),
        str(MODULE),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {answer["name"]: answer for answer in json.loads(done.stdout)}


def of_python(case: Case) -> Answer:
    fetched: list[str] = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return case.certificates.get(url, "").encode()

    now = [0.0]
    webhook = Webhook(
        case.provider,  # type: ignore[arg-type] # from a table
        secrets=case.secrets,
        fetch=fetch,
        clock=lambda: now[0],
    )
    verdicts = []
    for sent in case.requests:
        now[0] = sent["now"]
        verdicts.append(_verdict(webhook, sent["headers"], base64.b64decode(sent["body"])))
    return {"name": case.name, "verdicts": verdicts, "fetched": fetched}


def _verdict(webhook: Webhook, headers: Mapping[str, str], body: bytes) -> Answer:
    try:
        return {"events": [_plain(event) for event in webhook.read(headers, body)]}
    except WebhookRefused as error:
        return {"refused": error.reason}


def _plain(event: DeliveryEvent) -> Answer:
    at = event.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {**event.model_dump(mode="json"), "at": at}


def _short(answer: Answer) -> Verdict:
    if "refused" in answer:
        return str(answer["refused"])
    return [
        f"bounced {event['reason']}" if event["kind"] == "bounced" else event["kind"]
        for event in answer["events"]
    ]


def test_there_are_enough_of_them(cases: list[Case]) -> None:
    assert len(cases) >= 80
    assert len({case.name for case in cases}) == len(cases)


def test_the_verdicts_are_right(cases: list[Case], subtests: pytest.Subtests) -> None:
    for case in cases:
        with subtests.test(case.name):
            answer = of_python(case)
            assert [_short(verdict) for verdict in answer["verdicts"]] == case.expected
            if case.fetched is not None:
                assert answer["fetched"] == case.fetched


def test_deno_says_the_same(
    cases: list[Case], of_deno: dict[str, Answer], subtests: pytest.Subtests
) -> None:
    for case in cases:
        with subtests.test(case.name):
            assert of_deno[case.name] == of_python(case)


class Shared(dict[str, str]):
    """Tokens of several processes: what one looks at another has just forgotten."""

    def __iter__(self) -> Iterator[str]:
        oldest = next(super().__iter__())
        self.pop(oldest)
        yield oldest


def test_of_many_tokens_the_oldest_is_forgotten_whoever_is_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_proofs, "_TOKENS_KEPT", 2)
    key, tokens = Mailgun(), Shared()
    webhook = Webhook("mailgun", key.secret, tokens=tokens, clock=lambda: NOW)
    for number in range(5):
        webhook.read({}, key.body(payloads.mailgun(), f"{number:050}"))
    assert [token[-1] for token, _ in tokens.items()] == ["3", "4"]
