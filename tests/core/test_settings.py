"""Where settings come from, and how a wrong one is named without being shown."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_sdk import AsyncCampaignClient, CampaignClient, ConfigurationError
from campaign_sdk._core.settings import load_settings
from campaign_sdk.cli import _connect as cli
from campaign_sdk.local import LocalStatus, _project

URL, KEY = "http://127.0.0.1:54321", "sb_publishable_key"
UP = LocalStatus(Path("data"), running=True, url=URL, anon_key=KEY)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, and an environment without a setting."""
    monkeypatch.chdir(tmp_path)
    # Whoever runs the tests may have a local stack up.
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("SUPABASE_URL", "SUPABASE_ANON_KEY", "SUPABASE_PUBLISHABLE_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"VITE_{name}", raising=False)
    return tmp_path


def env(host: str, *names: str) -> dict[str, str]:
    values = {"URL": f"http://{host}", "KEY": f"key-of-{host}"}
    return {name: values[name[-3:]] for name in names or ("SUPABASE_URL", "SUPABASE_ANON_KEY")}


def test_who_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text("SUPABASE_URL=http://file\nSUPABASE_ANON_KEY='key-of-file'\n")
    vite = env("vite", "VITE_SUPABASE_URL", "VITE_SUPABASE_ANON_KEY")
    for url, key, environment, winner in (
        ("http://args", "key-of-args", env("env"), "args"),
        (None, None, {**vite, **env("env")}, "env"),
        (None, None, vite, "file"),
    ):
        found = load_settings(url, key, env=environment, env_file=file)
        assert (found.url, found.key) == (f"http://{winner}", f"key-of-{winner}")
    found = load_settings(env=vite, env_file=None)
    assert (found.url, found.key) == ("http://vite", "key-of-vite")


@pytest.mark.parametrize(
    "names",
    [
        ["SUPABASE_ANON_KEY"],
        ["SUPABASE_PUBLISHABLE_KEY"],
        ["VITE_SUPABASE_ANON_KEY"],
        ["VITE_SUPABASE_PUBLISHABLE_KEY"],
    ],
)
def test_the_names_of_the_key(names: list[str]) -> None:
    assert load_settings(URL, env=env("x", *names)).key == "key-of-x"


def test_an_empty_value_is_none(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SUPABASE_URL=http://file\nVITE_SUPABASE_URL=http://vite\n")
    assert load_settings(key=KEY, env={"SUPABASE_URL": ""}).url == "http://file"


def test_the_key_for_drafting() -> None:
    assert load_settings(URL, KEY, env={}).openai_api_key is None
    assert load_settings(URL, KEY, env={"VITE_OPENAI_API_KEY": "a"}).openai_api_key == "a"
    both = {"VITE_OPENAI_API_KEY": "a", "OPENAI_API_KEY": "b"}
    assert load_settings(URL, KEY, env=both).openai_api_key == "b"
    assert load_settings(URL, KEY, openai_api_key="c", env=both).openai_api_key == "c"


@pytest.mark.parametrize(
    ("url", "key", "named"),
    [
        (None, None, "SUPABASE_URL and SUPABASE_ANON_KEY missing"),
        (URL, None, "SUPABASE_ANON_KEY missing"),
        (None, KEY, "SUPABASE_URL missing"),
        ("", "", "SUPABASE_URL and SUPABASE_ANON_KEY missing"),
    ],
)
def test_all_that_is_missing_is_named(url: str | None, key: str | None, named: str) -> None:
    for create in (CampaignClient, AsyncCampaignClient):
        with pytest.raises(ConfigurationError, match=named):
            create(url, key)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["SUPABASE_URL"], ["SUPABASE_ANON_KEY missing", "SUPABASE_URL is set"]),
        (["VITE_SUPABASE_ANON_KEY"], ["SUPABASE_URL missing", "SUPABASE_ANON_KEY is set"]),
        (["SUPABASE_URL", "SUPABASE_ANNON_KEY"], ["SUPABASE_ANNON_KEY", "mean SUPABASE_ANON_KEY?"]),
        (["SUPABASE_URL", "SUPABASE_KEY"], ["SUPABASE_KEY is set", "mean SUPABASE_ANON_KEY?"]),
        (["SUPBASE_URL", "SUPABASE_ANON_KEY"], ["SUPABASE_URL missing", "mean SUPABASE_URL?"]),
        (["supabase_url"], ["supabase_url is set", "mean SUPABASE_URL?"]),
        (["NEXT_PUBLIC_SUPABASE_ANON_KEY"], ["mean SUPABASE_ANON_KEY?"]),
        (["SUPABASE_SERVICE_ROLE_KEY"], ["mean SUPABASE_ANON_KEY?"]),
    ],
)
@pytest.mark.parametrize("where", ["environment", "file"])
def test_half_a_project_is_never_the_local_stack(
    names: list[str], told: list[str], where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_project, "status", lambda: pytest.fail("looked for a stack"))
    if where == "file":
        (tmp_path / ".env").write_text("".join(f"{name}=http://secret\n" for name in names))
    else:
        for name in names:
            monkeypatch.setenv(name, "http://secret")
    for make in (CampaignClient.from_env, AsyncCampaignClient.from_env, cli.settings):
        with pytest.raises(ConfigurationError) as caught:
            make()
        assert all(words in caught.value.message for words in told), caught.value.message
        assert "secret" not in caught.value.message


def test_what_other_tools_read_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_project, "status", lambda: UP)
    for name in ("SUPABASE_DB_URL", "SUPABASE_ACCESS_TOKEN", "DATABASE_URL", "SUPABASE_WORKDIR"):
        monkeypatch.setenv(name, "x")
    assert cli.settings().url == URL


def test_nothing_named_is_the_local_stack_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_project, "status", lambda: UP)
    with CampaignClient.from_env() as client:
        assert client.url == URL
    assert f"the local stack at {URL}" in caplog.text
    assert AsyncCampaignClient.from_env().url == cli.settings().url == URL


@pytest.mark.parametrize(("key", "state"), [(KEY, "is stopped"), (None, "isn't there")])
def test_nothing_named_and_no_stack(
    key: str | None, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    down = LocalStatus(Path("x"), running=False, anon_key=key)
    monkeypatch.setattr(_project, "status", lambda: down)
    for make in (CampaignClient.from_env, cli.settings):
        with pytest.raises(ConfigurationError, match=f"missing.*{state}.*`campaign local start`"):
            make()


def test_clients_find_their_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text(f"SUPABASE_URL={URL}/\nSUPABASE_ANON_KEY={KEY}\n")
    with CampaignClient.from_env() as client:
        assert client._connection.settings.url == URL
        assert repr(client) == f"CampaignClient('{URL}')"
    (tmp_path / ".env").rename(tmp_path / "other")
    with pytest.raises(ConfigurationError):
        CampaignClient.from_env()
    with CampaignClient.from_env(tmp_path / "other", timeout=1):
        pass
    monkeypatch.setenv("SUPABASE_URL", "https://env")
    with CampaignClient(key=KEY) as client:
        assert client._connection.settings.url == "https://env"


@pytest.mark.parametrize(
    "url",
    [
        "project.supabase.co",
        "ftp://x.test",
        "http://",
        "http:///x",
        "http://[::1",
        "http://x:99999",
        "http://x:0",
        "http://a b",
        "http://x\n.test",
        "http://user:password@x.test",
        "http://x.test?apikey=password",
        "http://x.test#password",
        "postgresql://x.test",
    ],
)
def test_a_malformed_url(url: str) -> None:
    with pytest.raises(ConfigurationError, match="SUPABASE_URL must look like") as caught:
        CampaignClient(url, KEY)
    assert "password" not in str(caught.value)


@pytest.mark.parametrize("key", [" ", "two words", "k\u00e9y", "key\nX-Evil: 1", "key\0"])
def test_a_malformed_key(key: str) -> None:
    with pytest.raises(ConfigurationError, match="SUPABASE_ANON_KEY must be") as caught:
        CampaignClient(URL, key)
    assert key not in str(caught.value) or key == " "


@pytest.mark.parametrize("content", [b"SUPABASE_URL=\xff\xfe", b"\x00=\x00"])
def test_a_file_that_is_no_settings_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".env").write_bytes(content)
    with pytest.raises(ConfigurationError):
        CampaignClient()


@given(
    url=st.text(max_size=20)
    | st.text(max_size=20).map("http://{}".format)
    | st.from_regex(r"https?://[A-Za-z0-9._:\[\]-]{1,70}(/[a-z./~-]{0,9})?", fullmatch=True),
    key=st.text(max_size=5) | st.just(KEY),
)
def test_nothing_but_a_configuration_error(url: Any, key: Any) -> None:
    with suppress(ConfigurationError):
        CampaignClient(url, key).close()


def test_a_token_of_the_environment_stays_with_addresses_of_the_environment(
    tmp_path: Path,
) -> None:
    """A folder's file could send it to whoever wrote the file, this machine's ports included."""
    (tmp_path / ".env").write_text(f"SUPABASE_URL={URL}\nSUPABASE_ANON_KEY={KEY}\n")
    token = {"CAMPAIGN_ACCESS_TOKEN": "secret-token"}
    with pytest.raises(ConfigurationError) as caught:
        load_settings(env=token)
    assert "CAMPAIGN_ACCESS_TOKEN" in caught.value.message
    assert "SUPABASE_URL" in caught.value.message
    assert "secret-token" not in str(caught.value)
    for name in ("SUPABASE_URL", "VITE_SUPABASE_URL"):
        assert load_settings(env={**token, name: URL}).access_token == "secret-token"
    assert load_settings(URL, env=token).access_token == "secret-token"
    with (tmp_path / ".env").open("a") as file:
        file.write("CAMPAIGN_ACCESS_TOKEN=of-the-file\n")
    assert load_settings(env={}).access_token == "of-the-file"
    with pytest.raises(ConfigurationError):
        load_settings(env=token)


def test_nothing_is_filled_in_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "of-the-environment")
    (tmp_path / ".env").write_text(f"SUPABASE_URL={URL}\nSUPABASE_ANON_KEY=${{SECRET}}$SECRET\n")
    assert "of-the-environment" not in load_settings(env={}).key


@pytest.mark.parametrize(
    ("url", "is_secure"),
    [
        ("https://project.example", True),
        ("http://127.0.0.1:54321", True),
        ("http://127.5.5.5", True),
        ("http://localhost:54321", True),
        ("http://kong.localhost", True),
        ("http://[::1]:54321", True),
        ("http://project.example", False),
        ("http://127.0.0.1.project.example", False),
        ("http://localhost.example", False),
        ("http://10.0.0.1", False),
        ("http://0.0.0.0", False),
    ],
)
def test_plain_http_is_for_this_machine(
    url: str, is_secure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for create in (CampaignClient, AsyncCampaignClient):
        if not is_secure:
            with pytest.raises(ConfigurationError, match="CAMPAIGN_ALLOW_HTTP"):
                create(url, KEY)
    monkeypatch.setenv("CAMPAIGN_ALLOW_HTTP", "" if is_secure else "1")
    CampaignClient(url, KEY).close()


def test_settings_show_no_key() -> None:
    shown = repr(load_settings(URL, KEY, openai_api_key="sk-secret", env={}))
    assert KEY not in shown
    assert "sk-secret" not in shown
