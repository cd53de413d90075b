"""Watch a campaign's numbers move in the terminal, while events come in.

    python examples/live_dashboard.py

The events are synthetic. The asynchronous client is told by Supabase Realtime where that is
there, and asks every now and then where it isn't, as on the local stack.

More about it: docs/production.md.
"""

import asyncio
import os
import random
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from uuid import UUID

from rich.console import Console
from rich.live import Live
from rich.table import Table

from campaign_sdk import AsyncCampaignClient, Engagement, LocalSupabase, everyone
from campaign_sdk.stores import FileStore

EVENTS, BATCH = 300, 25


async def connected(stack: AsyncExitStack) -> AsyncCampaignClient:
    """The same as `_project.project`, awaited."""
    url = os.environ.get("SUPABASE_URL")
    if url:
        return await stack.enter_async_context(AsyncCampaignClient.from_env(store=FileStore(url)))
    local = stack.enter_context(LocalSupabase())
    client = AsyncCampaignClient(local.url, local.anon_key)
    await stack.enter_async_context(client)
    await client.auth.sign_up("example@example.com", "only for a minute")
    return client


async def play(client: AsyncCampaignClient, campaign: UUID) -> None:
    """Be the readers: some look, fewer click, very few buy."""
    dice = random.Random(7)
    for start in range(0, EVENTS, BATCH):
        kinds = dice.choices(("impression", "click", "conversion"), (20, 5, 1), k=BATCH)
        now = datetime.now(UTC)
        await client.analytics.ingest(
            {"campaign_id": campaign, "event_id": str(start + n), "type": kind, "occurred_at": now}
            for n, kind in enumerate(kinds)
        )
        await asyncio.sleep(0.1)


def panel(counts: Engagement) -> Table:
    """Draw the numbers as bars."""
    table = Table(title="Live")
    for name in ("", "count", ""):
        table.add_column(name)
    for name in ("impressions", "clicks", "conversions"):
        count = getattr(counts, name)
        table.add_row(name, f"{count:,}", "█" * (40 * count // EVENTS))
    table.add_row("CTR", "-" if counts.ctr is None else f"{counts.ctr:.1%}")
    return table


async def main() -> None:
    async with AsyncExitStack() as stack:
        client = await connected(stack)
        campaign = await client.campaigns.create("Live", rules=everyone(), message="Hello!")
        readers = asyncio.create_task(play(client, campaign.id))
        with Live(console=Console(), auto_refresh=False) as live:
            async for counts in client.analytics.watch(campaign.id, interval=0.2):
                live.update(panel(counts), refresh=True)
                if counts.impressions + counts.clicks + counts.conversions >= EVENTS:
                    break
        await readers


asyncio.run(main())
