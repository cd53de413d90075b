"""What hangs from a client: a room of the house each, opened when it is asked for."""

from __future__ import annotations

from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias

from campaign_sdk._core.connection import Connection
from campaign_sdk._core.operation import Mode
from campaign_sdk._core.settings import Settings as Known

if TYPE_CHECKING:
    from campaign_sdk.analytics import Analytics
    from campaign_sdk.assets import Assets
    from campaign_sdk.auth import Auth
    from campaign_sdk.campaigns import Campaigns
    from campaign_sdk.contacts import Contacts
    from campaign_sdk.deliveries import Deliveries
    from campaign_sdk.drafting import Drafting, DraftingOptions
    from campaign_sdk.drafting._writer import Writer
    from campaign_sdk.segments import Segments
    from campaign_sdk.settings import Settings
    from campaign_sdk.suppressions import Suppressions
    from campaign_sdk.tracking import Tracking

Drafter: TypeAlias = "DraftingOptions | Literal['server'] | None"


class Nouns(Generic[Mode]):
    """All nouns, each loaded when it is asked for: a script needs a few of them."""

    _connection: Connection

    def _wire_up(self, drafting: Drafter, *known: Known) -> None:
        self._making = Lock()
        self._url = self._connection.settings.url
        self._drafter = drafting
        self._known = (*known, self._connection.settings)
        if drafting is not None or any(each.openai_api for each in self._known):
            # What can't be is refused when the client is made.
            self._options()

    def _options(self) -> DraftingOptions:
        from campaign_sdk.drafting import DraftingOptions

        options = DraftingOptions.of(self._drafter)
        for settings in self._known:
            options = options.completed(settings)
        return options

    @property
    def _writer(self) -> Writer:
        # From Python 3.12 on, threads that meet in a `cached_property` make one each; but what is
        # closed with the client is one.
        with self._making:
            if "_writer" not in vars(self):
                vars(self)["_writer"] = self._make_writer()
            writer: Writer = vars(self)["_writer"]
            return writer

    def _make_writer(self) -> Writer:
        from campaign_sdk.drafting._writer import Writer

        connection = self._connection
        identity = connection.identity
        return Writer(self._options(), is_async=connection.is_async, identity=identity)

    @cached_property
    def auth(self) -> Auth[Mode]:
        """Accounts and sessions."""
        from campaign_sdk.auth import Auth

        return Auth(self._connection)

    @cached_property
    def contacts(self) -> Contacts[Mode]:
        """The people who can receive a campaign."""
        from campaign_sdk.contacts import Contacts

        return Contacts(self._connection)

    @cached_property
    def suppressions(self) -> Suppressions[Mode]:
        """Addresses that are never written to."""
        from campaign_sdk.suppressions import Suppressions

        return Suppressions(self._connection)

    @cached_property
    def tracking(self) -> Tracking[Mode]:
        """Links that are signed, and their keys."""
        from campaign_sdk.tracking import Tracking

        return Tracking(self._connection)

    @cached_property
    def segments(self) -> Segments[Mode]:
        """Audiences, described once."""
        from campaign_sdk.segments import Segments

        return Segments(self._connection)

    @cached_property
    def campaigns(self) -> Campaigns[Mode]:
        """Messages for audiences."""
        from campaign_sdk.campaigns import Campaigns

        return Campaigns(self._connection, self.drafting)

    @cached_property
    def assets(self) -> Assets[Mode]:
        """The images of campaigns."""
        from campaign_sdk.assets import Assets

        return Assets(self._connection)

    @cached_property
    def deliveries(self) -> Deliveries[Mode]:
        """Handing campaigns over to whatever sends them."""
        from campaign_sdk.deliveries import Deliveries

        return Deliveries(self._connection)

    @cached_property
    def settings(self) -> Settings[Mode]:
        """Caps and quiet hours."""
        from campaign_sdk.settings import Settings

        return Settings(self._connection)

    @cached_property
    def analytics(self) -> Analytics[Mode]:
        """What became of the messages."""
        from campaign_sdk.analytics import Analytics

        return Analytics(self._connection, self._writer)

    @cached_property
    def drafting(self) -> Drafting[Mode]:
        """Messages and rules by a language model."""
        from campaign_sdk.drafting import Drafting

        return Drafting(self._connection, self._writer)

    @property
    def url(self) -> str:
        """The address of the project that this client works with."""
        return self._url
