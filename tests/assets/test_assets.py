"""The images of campaigns, in the real Storage of the local stack."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import httpx
import psycopg
import pytest
from storage3.exceptions import StorageApiError
from storage3.types import FileOptions

from campaign_sdk import CampaignClient, Conflict, InvalidInput, NotFound, everyone
from campaign_sdk.senders import Message, Receipt
from clients import Mode

from .images import GIF, PNG

BUCKET = "campaign-assets"


def drafted(client: CampaignClient) -> str:
    return str(client.campaigns.create("Spring", message="Hello", rules=everyone()).id)


def launched(client: CampaignClient) -> str:
    client.contacts.upsert([{"email": "ann@example.com"}])
    campaign = drafted(client)
    client.assets.upload(campaign, PNG, name="hero.png")
    client.campaigns.launch(campaign)
    return campaign


def test_upload_list_url_delete(ann: CampaignClient, tmp_path: Path) -> None:
    campaign = drafted(ann)
    (tmp_path / "hero.png").write_bytes(PNG)
    made = ann.assets.upload(campaign, tmp_path / "hero.png", alt="A kettle")
    assert (made.name, made.alt, made.content_type, made.bytes) == (
        "hero.png",
        "A kettle",
        "image/png",
        len(PNG),
    )
    answer = httpx.get(made.url)
    assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
    ann.assets.upload(campaign, GIF, name="dot.gif")
    assert [each.name for each in ann.assets.list(campaign)] == ["dot.gif", "hero.png"]
    assert ann.assets.get(campaign, "hero.png") == made
    assert ann.assets.url(campaign, "hero.png") == made.url
    ann.assets.delete(campaign, "hero.png")
    assert [each.name for each in ann.assets.list(campaign)] == ["dot.gif"]
    assert httpx.get(made.url).status_code == 400
    with pytest.raises(NotFound):
        ann.assets.delete(campaign, "hero.png")
    with pytest.raises(NotFound):
        ann.assets.url(campaign, "hero.png")


def test_the_same_file_twice_is_one_object(ann: CampaignClient, db: psycopg.Connection) -> None:
    campaign = drafted(ann)
    first = ann.assets.upload(campaign, PNG, name="hero.png")
    again = ann.assets.upload(campaign, PNG, name="hero.png", alt="A kettle")
    assert (again.path, again.alt) == (first.path, "A kettle")
    query = "select count(*) from storage.objects where name like %s"
    assert db.execute(query, [f"%/{campaign}/%"]).fetchall() == [(1,)]
    assert len(ann.assets.list(campaign)) == 1


def test_a_name_that_is_taken_gets_the_new_image(ann: CampaignClient) -> None:
    campaign = drafted(ann)
    ann.assets.upload(campaign, PNG, name="hero")
    newer = ann.assets.upload(campaign, GIF, name="hero")
    assert httpx.get(ann.assets.url(campaign, "hero")).content == GIF
    assert newer.content_type == "image/gif"


def test_what_was_launched_stays(ann: CampaignClient) -> None:
    campaign = launched(ann)
    hero = ann.assets.get(campaign, "hero.png")
    with pytest.raises(Conflict, match="launched"):
        ann.assets.delete(campaign, "hero.png")
    with pytest.raises(Conflict, match="launched"):
        ann.assets.upload(campaign, GIF, name="hero.png")
    assert ann.assets.upload(campaign, PNG, name="hero.png", alt="A kettle").alt == "A kettle"
    assert httpx.get(hero.url).content == PNG


def test_an_image_that_two_names_share_outlives_one(ann: CampaignClient) -> None:
    campaign = drafted(ann)
    kept = ann.assets.upload(campaign, PNG, name="hero.png")
    assert ann.assets.upload(campaign, PNG, name="HERO.png").path == kept.path
    ann.assets.delete(campaign, "HERO.png")
    assert httpx.get(kept.url).content == PNG


def test_html_may_show_them_and_a_copy_has_them_too(ann: CampaignClient) -> None:
    html = '<p>{{ city | default: "you" }} {{ asset "hero.png" }}</p>'
    campaign = ann.campaigns.create("Spring", html=html, rules=everyone())
    hero = ann.assets.upload(campaign.id, PNG, name="hero.png", alt="A kettle")
    copy = ann.campaigns.duplicate(campaign.id)
    assert copy.html == html
    assert [(each.name, each.url, each.alt) for each in ann.assets.list(copy.id)] == [
        (hero.name, hero.url, hero.alt)
    ]
    ann.assets.delete(campaign.id, "hero.png")
    assert httpx.get(hero.url).content == PNG
    with pytest.raises(InvalidInput, match="html"):
        ann.campaigns.create("Bad", html='{{ asset hero.png }} {{ asset "hero.png" | upcase }}')


def test_they_are_in_what_is_rendered_and_sent(ann: CampaignClient, mode: Mode) -> None:
    ann.contacts.upsert([{"email": "ann@example.com", "attributes": {"city": "<Pune>"}}])
    html = '<p>{{ city }} {{ asset "hero.png" }}</p>'
    campaign = ann.campaigns.create("Spring", subject="Hi", html=html, rules=everyone())
    with pytest.raises(InvalidInput, match=r"hero\.png"):
        ann.campaigns.render(campaign.id, {"city": "Pune"}, html=True)
    hero = ann.assets.upload(campaign.id, PNG, name="hero.png", alt="A kettle")
    shown = f'<p>&lt;Pune&gt; <img src="{hero.url}" alt="A kettle"></p>'
    assert ann.campaigns.render(campaign.id, {"city": "<Pune>"}, html=True) == shown
    ann.campaigns.launch(campaign.id)
    assert [text for _, text in ann.campaigns.render_audience(campaign.id, html=True)] == [shown]
    sent: list[str | None] = []

    def post(messages: Sequence[Message]) -> list[Receipt]:
        sent.extend(message.html for message in messages)
        return [Receipt.sent(message.key) for message in messages]

    async def apost(messages: Sequence[Message]) -> list[Receipt]:
        return post(messages)

    ann.deliveries.send(campaign.id, post if mode == "sync" else apost)
    assert sent == [shown]


def test_the_preflight_looks_at_them(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": "ann@example.com"}])
    html = '{{ asset "hero.png" }} {{ asset "big.png" }} <img src="x">'
    campaign = ann.campaigns.create("Spring", subject="Hi", html=html, rules=everyone())
    missing = ann.campaigns.preflight(campaign.id)
    assert not missing.ok
    assert any("hero.png" in problem.reason for problem in missing.problems)
    ann.assets.upload(campaign.id, PNG, name="hero.png")
    ann.assets.upload(campaign.id, PNG + b"0" * 200_000, name="big.png", alt="A kettle")
    found = ann.campaigns.preflight(campaign.id)
    assert found.ok
    assert sorted((problem.severity, problem.path) for problem in found.problems) == [
        ("warning", "html"),
        ("warning", "html.big.png"),
        ("warning", "html.hero.png"),
    ]


def test_with_its_campaign_it_goes(ann: CampaignClient, db: psycopg.Connection) -> None:
    campaign = launched(ann)
    ann.campaigns.delete(campaign)
    query = "select count(*) from public.campaign_assets where campaign_id = %s"
    assert db.execute(query, [campaign]).fetchall() == [(0,)]


def test_bad_files_and_unknown_campaigns_are_refused_before(ann: CampaignClient) -> None:
    campaign = drafted(ann)
    for content in (b"<svg/>", b"<html></html>", PNG + b"0" * 3_000_000):
        with pytest.raises(InvalidInput) as raised:
            ann.assets.upload(campaign, content, name="x.png")
        assert raised.value.path == "file"
    with pytest.raises(NotFound):
        ann.assets.upload("6f1c2ad9-7f0d-4a3b-9a55-0d0c5f4d9a11", PNG, name="x.png")
    assert ann.assets.list(campaign) == []


def test_somebody_else_cant_see_take_or_change_them(
    ann: CampaignClient, ben: CampaignClient
) -> None:
    campaign = drafted(ann)
    hero = ann.assets.upload(campaign, PNG, name="hero.png")
    assert ben.assets.list(campaign) == []
    for attempt in (
        lambda: ben.assets.upload(campaign, GIF, name="hero.png"),
        lambda: ben.assets.delete(campaign, "hero.png"),
        lambda: ben.assets.url(campaign, "hero.png"),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert httpx.get(hero.url).content == PNG
    assert ann.assets.list(campaign) == [hero]


def options(kind: str, **given: str) -> FileOptions:
    return {"content-type": kind, **given}  # type: ignore[typeddict-item]


@pytest.mark.parametrize("mode", ["sync"])
def test_the_bucket_itself_refuses(
    ann: CampaignClient, ben: CampaignClient, db: psycopg.Connection
) -> None:
    campaign = drafted(ann)
    hero = ann.assets.upload(campaign, PNG, name="hero.png")
    folder = hero.path.rpartition("/")[0]
    mine, theirs = ann.supabase.storage.from_(BUCKET), ben.supabase.storage.from_(BUCKET)
    digest = "0123456789abcdef"
    refused = [
        (mine, f"{folder}/{digest}-a.svg", b"<svg/>", options("image/svg+xml"), 415),
        (mine, f"{folder}/{digest}-a.html", b"<p>", options("text/html"), 415),
        (mine, f"{folder}/{digest}-a.png", PNG + b"0" * 3_000_000, options("image/png"), 413),
        (mine, f"{folder}/a.png", PNG, options("image/png"), 403),
        (mine, f"{folder}/deeper/{digest}-a.png", PNG, options("image/png"), 403),
        (
            mine,
            f"{folder.partition('/')[0]}/{folder.partition('/')[0]}/{digest}-a.png",
            PNG,
            options("image/png"),
            403,
        ),
        (theirs, f"{folder}/{digest}-a.png", PNG, options("image/png"), 403),
        (theirs, hero.path, GIF, options("image/gif", upsert="true"), 403),
        (mine, hero.path, GIF, options("image/gif", upsert="true"), 403),
    ]
    for objects, path, content, kind, status in refused:
        with pytest.raises(StorageApiError) as raised:
            objects.upload(path, content, kind)
        assert int(raised.value.status) == status, path
    assert theirs.list(folder) == []
    assert theirs.remove([hero.path]) == []
    assert mine.remove([hero.path]) == []
    assert httpx.get(hero.url).content == PNG
    query = "select count(*) from storage.objects where name like %s"
    assert db.execute(query, [f"{folder}/%"]).fetchall() == [(1,)]
