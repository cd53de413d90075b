"""The client that a command works with: its project, and who is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign_sdk import CampaignClient
    from campaign_sdk._core.settings import Settings
    from campaign_sdk.campaigns import Campaign
    from campaign_sdk.segments import Segment

_SHORTEST_ID = 6


def connect() -> CampaignClient:
    """Return a client with the session that was left by `campaign auth login`."""
    from campaign_sdk import CampaignClient
    from campaign_sdk.stores import FileStore

    known = settings()
    token = known.access_token
    return CampaignClient(
        known.url, known.key, store=None if token else FileStore(known.url), access_token=token
    )


def settings() -> Settings:
    """Return the project that the environment names, or the local stack if that is up."""
    from campaign_sdk._core.settings import load_settings, names_a_project, surroundings

    if names_a_project(surroundings()):
        return load_settings()
    # A stack's parts needn't be looked at for a project that is named.
    from campaign_sdk.local._project import project_settings

    return project_settings()[0]


def find_segment(client: CampaignClient, named: str) -> Segment:
    """Return a segment by its id, the beginning of its id, or its name."""
    return _find(client.segments, named, "segment")


def find_campaign(client: CampaignClient, named: str, meant_for: str = "") -> Campaign:
    """Return a campaign by its id, the beginning of its id, or its name.

    Of several with the name, the one that can make the move that is `meant_for`.
    """
    from campaign_sdk.campaigns._read import MOVABLE

    return _find(client.campaigns, named, "campaign", MOVABLE.get(meant_for, ()))


class _Named(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...


Item = TypeVar("Item", bound=_Named, covariant=True)


class _Shelf(Protocol[Item]):
    def get(self, id: UUID | str) -> Item: ...
    def list(self) -> Sequence[Item]: ...


def _find(shelf: _Shelf[Item], named: str, noun: str, prefer: Sequence[str] = ()) -> Item:
    from campaign_sdk._core.errors import InvalidInput, NotFound
    from campaign_sdk._core.named import ambiguous

    exact = _uuid(named)
    if exact is not None:
        return shelf.get(exact)
    found = [item for item in shelf.list() if _fits(item, named)]
    if not found:
        command = "campaign list" if noun == "campaign" else f"campaign {noun}s list"
        raise NotFound(f"no {noun} is called {named!r}; see `{command}`")
    meant = [item for item in found if getattr(item, "status", None) in prefer]
    if len(meant) == 1:
        return meant[0]
    if len(found) > 1:
        rows = [{"id": item.id, "status": getattr(item, "status", None)} for item in found]
        raise InvalidInput(noun, ambiguous(named, noun, rows))
    return found[0]


def _fits(item: _Named, named: str) -> bool:
    begins = len(named) >= _SHORTEST_ID and str(item.id).startswith(named.lower())
    return item.name == named or begins


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
