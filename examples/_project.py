"""Where the examples work: your project if one is named, a throw-away local one otherwise."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from campaign_sdk import CampaignClient, LocalSupabase
from campaign_sdk.stores import FileStore

CUSTOMERS = Path(__file__).parent / "data" / "cdnow_customers.csv"


@contextmanager
def project() -> Iterator[CampaignClient]:
    """A client that somebody is signed in with.

    With SUPABASE_URL and SUPABASE_ANON_KEY set, that is whoever `campaign auth login`
    signed in; else a new account on a local stack that is thrown away at the end.
    """
    url = os.environ.get("SUPABASE_URL")
    if url:
        with CampaignClient.from_env(store=FileStore(url)) as client:
            yield client
        return
    with LocalSupabase() as stack, CampaignClient(stack.url, stack.anon_key) as client:
        client.auth.sign_up("example@example.com", "only for a minute")
        yield client
