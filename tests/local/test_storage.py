"""Storage behind the local stack, through supabase-py as it is: buckets, policies, bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from storage3.exceptions import StorageApiError
from storage3.types import FileOptions
from supabase import Client

from campaign_sdk import LocalSupabase
from conftest import signed_up

POLICIES = """
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ('shelf', 'shelf', true, 1000, array['image/png']) on conflict do nothing;
create policy "Mine are mine to read" on storage.objects for select to authenticated
  using (bucket_id = 'shelf' and (storage.foldername(name))[1] = auth.uid()::text);
create policy "Mine are mine to add" on storage.objects for insert to authenticated
  with check (bucket_id = 'shelf' and (storage.foldername(name))[1] = auth.uid()::text);
create policy "Mine are mine to delete" on storage.objects for delete to authenticated
  using (bucket_id = 'shelf' and (storage.foldername(name))[1] = auth.uid()::text);
"""
PNG: FileOptions = {"content-type": "image/png"}
WITHDRAWN = """
drop policy "Mine are mine to read" on storage.objects;
drop policy "Mine are mine to add" on storage.objects;
drop policy "Mine are mine to delete" on storage.objects;
"""


@pytest.fixture
def shelf(db: psycopg.Connection) -> Iterator[None]:
    db.execute(POLICIES)
    yield
    db.execute(WITHDRAWN)


def mine(client: Client, name: str) -> str:
    answer = client.auth.get_user()
    assert answer is not None
    return f"{answer.user.id}/{name}"


def refusal(client: Client, path: str, body: bytes, kind: str = "image/png") -> str:
    with pytest.raises(StorageApiError) as raised:
        client.storage.from_("shelf").upload(path, body, {"content-type": kind})
    return str(raised.value.code)


@pytest.mark.usefixtures("shelf")
def test_objects_come_and_go_under_the_policies_of_the_bucket(alice: Client, bob: Client) -> None:
    path, objects = mine(alice, "a/b ü.png"), alice.storage.from_("shelf")
    objects.upload(path, b"\x89PNG", PNG)
    url = objects.get_public_url(path)
    answer = httpx.get(url)
    assert (answer.content, answer.headers["content-type"]) == (b"\x89PNG", "image/png")
    assert [each["name"] for each in objects.list(path.rpartition("/")[0])] == [path]
    assert bob.storage.from_("shelf").list(path.rpartition("/")[0]) == []
    assert bob.storage.from_("shelf").remove([path]) == []
    assert httpx.get(url).content == b"\x89PNG"
    objects.remove([path])
    assert httpx.get(url).status_code == 400
    objects.upload(path, b"again", PNG)
    assert httpx.get(url).content == b"again"


@pytest.mark.usefixtures("shelf")
def test_what_the_bucket_refuses(alice: Client, bob: Client) -> None:
    path = mine(alice, "a.png")
    alice.storage.from_("shelf").upload(path, b"1", PNG)
    assert refusal(alice, path, b"2") == "Duplicate"
    assert httpx.get(alice.storage.from_("shelf").get_public_url(path)).content == b"1"
    assert refusal(alice, mine(alice, "b.png"), b"<svg/>", "image/svg+xml") == "invalid_mime_type"
    assert refusal(alice, mine(alice, "c.png"), b"1" * 1001) == "Payload too large"
    assert refusal(bob, mine(alice, "d.png"), b"1") == "Unauthorized"


def test_objects_outlive_the_stack(tmp_path: Path) -> None:
    with LocalSupabase(tmp_path / "kept") as stack, signed_up(stack, "alice") as alice:
        with psycopg.connect(stack.db_url, autocommit=True) as db:
            db.execute(POLICIES)
        path = mine(alice, "a.png")
        alice.storage.from_("shelf").upload(path, b"kept", PNG)
    with LocalSupabase(tmp_path / "kept") as stack:
        url = f"{stack.url}/storage/v1/object/public/shelf/{path}"
        assert httpx.get(url).content == b"kept"
