"""Every tool, driven over the protocol; and what no tool does, whatever it is told."""

from __future__ import annotations

import json
from typing import Any

from mcp import Client
from mcp.types import TextContent

from campaign_sdk import CampaignClient

from .conftest import Door

LOOKS = {
    "list_campaigns",
    "show_campaign",
    "list_segments",
    "list_fields",
    "size_audience",
    "preview_audience",
    "preflight_campaign",
    "report",
    "compare_campaigns",
    "propose_launch",
}
WRITES = {"create_segment", "save_draft"}
# One call of each that says as much as the tool can.
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("list_campaigns", {}),
    ("list_campaigns", {"status": "active"}),
    ("show_campaign", {"campaign": "Spring"}),
    ("show_campaign", {"campaign": "Broken"}),
    ("list_segments", {}),
    ("list_fields", {}),
    ("size_audience", {"where": "everyone"}),
    ("preview_audience", {"where": "everyone", "sample": 5}),
    ("preview_audience", {"segment": "Only person-7@secret.example"}),
    ("preflight_campaign", {"campaign": "Broken"}),
    ("report", {"group_by": ["campaign"]}),
    ("compare_campaigns", {"a": "Sent", "b": "Also sent"}),
    ("propose_launch", {"campaign": "Spring"}),
]


async def told(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.structured_content is None
    (content,) = result.content
    assert isinstance(content, TextContent)
    # At two bytes a token, fewer than the models in use take for JSON that is full of ids.
    assert len(content.text.encode()) <= 8_000
    assert result.is_error == content.text.startswith("Error executing tool")
    return content.text


async def read(client: Client, tool: str, **arguments: Any) -> Any:
    return json.loads(await told(client, tool, **arguments))


async def test_it_lists_few_tools_that_say_what_they_do(door: Door) -> None:
    async with door() as client:
        tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools} == LOOKS
    for tool in tools:
        assert tool.description
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
        assert tool.annotations.destructive_hint is False


async def test_writing_has_to_be_allowed(door: Door) -> None:
    async with door("--allow", "drafts") as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == LOOKS | WRITES
    assert len(tools) <= 12
    assert all(
        tool.annotations is not None and tool.annotations.read_only_hint is (name in LOOKS)
        for name, tool in tools.items()
    )


async def test_no_address_leaves(door: Door) -> None:
    async with door() as client:
        for tool, arguments in CALLS:
            text = await told(client, tool, **arguments)
            assert "secret.example" not in text, tool
            assert "+49" not in text, tool
            assert "98765" not in text, tool
        refused = await told(client, "size_audience", where="email person-7@secret.example")
    assert "[address]" in refused
    assert "secret.example" not in refused


async def test_a_person_may_show_them(door: Door) -> None:
    async with door("--show-contacts") as client:
        shown = await read(client, "preview_audience", where='email is "person-7@secret.example"')
    assert [contact["email"] for contact in shown["sample"]] == ["person-7@secret.example"]
    assert shown["sample"][0]["phone"] == "+49 30 0000007"


async def test_lists_come_in_pages(door: Door, owner: CampaignClient) -> None:
    seen: list[str] = []
    async with door() as client:
        cursor = None
        while True:
            page = await read(client, "list_campaigns", cursor=cursor)
            seen += [item["id"] for item in page["items"]]
            cursor = page.get("next_cursor")
            if cursor is None:
                break
        assert "next_cursor" in await told(client, "list_campaigns", cursor="next")
    assert seen == [str(campaign.id) for campaign in owner.campaigns.list()]


async def test_what_is_told_is_right(door: Door, owner: CampaignClient) -> None:
    sent = next(each for each in owner.campaigns.list() if each.name == "Sent")
    async with door() as client:
        active = await read(client, "list_campaigns", status="active")
        assert {item["name"] for item in active["items"]} == {"Sent", "Also sent"}
        shown = await read(client, "show_campaign", campaign=str(sent.id))
        assert shown["message"] == "Hello {{ city }}"
        assert [move["to_status"] for move in shown["history"]] == ["active"]
        segments = await read(client, "list_segments")
        assert [item["name"] for item in segments["items"]] == ["Only [address]"]
        fields = await read(client, "list_fields")
        assert {item["name"] for item in fields["items"]} == {"city", "mobile", "orders", "partner"}
        size = await read(client, "size_audience", where="orders > 30")
        assert (size["count"], size["reachable"]) == (10, 10)
        preview = await read(client, "preview_audience", where='orders > 30 and city is "Pune"')
        assert [step["cumulative"] for step in preview["funnel"]] == [10, 5]
        report = await read(client, "report", campaigns=["Sent"], metrics=["clicks"])
        assert report["totals"] == {"clicks": 9}
        compared = await read(client, "compare_campaigns", a="Sent", b="Also sent")
        assert compared["metric"] == "ctr"


async def test_a_launch_is_proposed_to_a_person(door: Door, owner: CampaignClient) -> None:
    async with door("--allow", "drafts") as client:
        proposed = await read(client, "propose_launch", campaign="Spring")
        spring = proposed["campaign"]["id"]
        assert proposed["for_a_person"] == f"campaign launch {spring}"
        assert proposed["launched"] is False
        broken = await read(client, "propose_launch", campaign="Broken")
        assert broken["for_a_person"] is None
        assert broken["preflight"]["problems"]
    assert owner.campaigns.get(spring).status == "draft"


async def test_segments_and_drafts_are_stored(door: Door, owner: CampaignClient) -> None:
    async with door("--allow", "drafts") as client:
        made = await read(client, "create_segment", name="Big", where="orders > 30")
        assert made["size"]["count"] == 10
        saved = await read(
            client, "save_draft", name="Idea", message="Hi", subject="Hello", segment="Big"
        )
        idea = saved["campaign"]["id"]
        await read(client, "save_draft", name="Better", message="Hi!", campaign=idea)
        for sent in ("Sent", "Also sent"):
            refused = await told(client, "save_draft", name="Changed", campaign=sent)
            assert "only drafts" in refused
    kept = owner.campaigns.get(idea)
    assert (kept.name, kept.message, kept.subject, kept.status) == (
        "Better",
        "Hi!",
        "Hello",
        "draft",
    )
    assert str(kept.segment_id) == made["id"]
    owner.campaigns.delete(idea)
    owner.segments.delete(made["id"])


async def test_nothing_is_launched_sent_or_deleted(door: Door, owner: CampaignClient) -> None:
    before = {each.id: each for each in owner.campaigns.list()}
    orders = ("launch_campaign", "delete_campaign", "send", "delete_contact", "resume_campaign")
    async with door("--allow", "drafts") as client:
        for tool in orders:
            result = await client.call_tool(tool, {"campaign": "Spring", "id": "Spring"})
            assert result.is_error
        text = await told(client, "save_draft", name="Spring", campaign="Spring", status="active")
        assert not text.startswith("Error")
        for tool, arguments in CALLS:
            await told(client, tool, **arguments)
    after = {each.id: each for each in owner.campaigns.list()}
    assert {key: each.status for key, each in after.items()} == {
        key: each.status for key, each in before.items()
    }
    assert owner.contacts.count() == 40


async def test_an_error_is_one_line_with_the_remedy(door: Door) -> None:
    async with door() as client:
        assert "column 8" in await told(client, "size_audience", where="orders ?")
        assert "one of the two" in await told(client, "size_audience")
        assert "list_segments" in await told(client, "size_audience", segment="None such")
