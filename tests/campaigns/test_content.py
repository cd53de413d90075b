"""What a campaign says: kept, changed, copied, and refused."""

from __future__ import annotations

from typing import Any

import pytest

from campaign_sdk import CampaignClient, InvalidInput, everyone

CONTENT: dict[str, Any] = {
    "message": "Hi {{ city }}",
    "subject": 'For {{ name | default: "you" }}',
    "preheader": "Only today",
    "html": "<p>Hi {{ city }}</p>",
    "channel": "whatsapp",
}


def test_it_is_kept_changed_and_copied(ann: CampaignClient) -> None:
    def said(campaign: Any) -> dict[str, Any]:
        return {name: getattr(campaign, name) for name in CONTENT}

    made = ann.campaigns.create("Spring", **CONTENT)
    assert said(made) == said(ann.campaigns.get(made.id)) == CONTENT
    assert said(ann.campaigns.duplicate(made.id)) == CONTENT
    assert said(ann.campaigns.update(made.id, name="Summer")) == CONTENT
    bare = ann.campaigns.update(made.id, subject=None, preheader=None, html=None, channel="sms")
    assert said(bare) == {"message": CONTENT["message"], "channel": "sms"} | dict.fromkeys(
        ("subject", "preheader", "html")
    )
    assert ann.campaigns.create("Plain").channel == "email"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("subject", value) for value in ("", " ", "x" * 999, "Hi\r\nBcc: x@y.z", "{{ city", 7)),
        *(("preheader", value) for value in ("", "x" * 999, "a\u2028b", "{% if %}")),
        *(("html", value) for value in ("{{ }}", "é" * 262_145, b"<p>", "a\0b")),
        *(("channel", value) for value in ("fax", "Email", 1)),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_no_message_can_have_is_refused(ann: CampaignClient, name: str, value: Any) -> None:
    draft = ann.campaigns.create("Spring", **CONTENT)
    given: dict[str, Any] = {name: value}
    with pytest.raises(InvalidInput) as created:
        ann.campaigns.create("Other", **given)
    with pytest.raises(InvalidInput) as updated:
        ann.campaigns.update(draft.id, **given)
    assert created.value.path == updated.value.path == name
    assert ann.campaigns.get(draft.id) == draft
    assert len(ann.campaigns.list()) == 1


def test_html_alone_is_a_message(ann: CampaignClient) -> None:
    made = ann.campaigns.create("Spring", html="<p>Hi</p>", rules=everyone())
    assert ann.campaigns.launch(made.id).status == "active"
