"""Which model drafts, where it is, and what it may cost."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from campaign_sdk._core.errors import ConfigurationError
from campaign_sdk._core.settings import Settings, is_address, require_secure, stays_home

if TYPE_CHECKING:
    import httpx2

OPENAI = "https://api.openai.com/v1"
MODEL = "gpt-6-luna"

Api = Literal["responses", "chat"]


@dataclass(frozen=True, kw_only=True)
class DraftingOptions:
    """The language model behind `client.drafting`, and the bounds of one operation.

    What is left out comes from the environment or the `.env` file, then from the default.

    Attributes:
        api_key: else `OPENAI_API_KEY`, then `VITE_OPENAI_API_KEY`. A server of your own
            needs none.
        model: else `OPENAI_MODEL`, else gpt-6-luna.
        base_url: of a compatible server; else `OPENAI_BASE_URL`, else OpenAI's.
        api: "responses", or "chat" for servers that only have chat completions; else
            `CAMPAIGN_OPENAI_API`, else "responses".
        max_calls: requests to the model in one operation, the repeated ones included.
        max_output_tokens: tokens that the model may write in one operation, reasoning
            included; `None` leaves it to the server.
        seconds: one operation's time with the model, waiting included.
        server: ask the project's Edge Function `draft`, which has the key and a budget for
            each user and day; then no key and no other address is used, whatever is set.
        transport: an httpx2 transport, for proxies and tests.
    """

    api_key: str | None = field(default=None, repr=False)
    model: str | None = None
    base_url: str | None = None
    api: Api | None = None
    max_calls: int = 3
    max_output_tokens: int | None = 8_000
    seconds: float = 60.0
    server: bool = False
    transport: httpx2.BaseTransport | httpx2.AsyncBaseTransport | None = field(
        default=None, repr=False
    )
    # Whether a file would send a key to an address that the key's owner didn't choose.
    _is_foreign: bool = field(default=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse bounds that nothing can keep to.

        Raises:
            ConfigurationError: a bound isn't positive.
        """
        bounds: dict[str, Any] = {
            "max_calls": self.max_calls,
            "max_output_tokens": 1 if self.max_output_tokens is None else self.max_output_tokens,
            "seconds": self.seconds,
        }
        wrong = [name for name, value in bounds.items() if not _is_positive(value)]
        if wrong:
            raise ConfigurationError(
                f"DraftingOptions: {' and '.join(wrong)} must be positive numbers"
            )

    @classmethod
    def of(cls, given: DraftingOptions | Literal["server"] | None) -> DraftingOptions:
        """Return what a client was given as options."""
        if given is None or isinstance(given, DraftingOptions):
            return given or cls()
        if given != "server":
            raise ConfigurationError('drafting must be DraftingOptions(...) or "server"')
        return cls(server=True)

    def completed(self, settings: Settings) -> DraftingOptions:
        """Return these options with the settings in place of what was left out."""
        if self.server:
            api, model = self.api or _api(settings.openai_api), self.model or settings.openai_model
            base_url = f"{settings.url}/functions/v1/draft"
            return replace(self, api_key=None, base_url=base_url, api=api, model=model)
        return replace(
            self,
            api_key=self.api_key or settings.openai_api_key,
            model=self.model or settings.openai_model,
            base_url=self.base_url or settings.openai_base_url,
            _is_foreign=self._points_elsewhere(settings),
            api=self.api or _api(settings.openai_api),
        )

    def _points_elsewhere(self, settings: Settings) -> bool:
        """Whether a file would redirect a key that isn't the file's."""
        if self.base_url is not None or settings.openai_base_url is None:
            return self._is_foreign
        is_files_key = self.api_key is None and "openai_api_key" in settings.from_file
        has_key = bool(self.api_key or settings.openai_api_key)
        return "openai_base_url" in settings.from_file and has_key and not is_files_key

    def check(self) -> None:
        """Say what is missing before anything is sent.

        Raises:
            ConfigurationError: there is no key for OpenAI, or a setting is malformed.
        """
        if self.base_url is None and not self.api_key:
            raise ConfigurationError(
                "OPENAI_API_KEY missing: set the environment, write a .env file, or pass "
                "drafting=DraftingOptions(api_key=...); drafting needs it, nothing else does"
            )
        if self.api_key and not (self.api_key.isascii() and self.api_key.isprintable()):
            raise ConfigurationError("OPENAI_API_KEY can't be a key: it holds other characters")
        if self.base_url is not None and not is_address(self.base_url):
            raise ConfigurationError(
                "OPENAI_BASE_URL must look like https://host/v1 or http://127.0.0.1:11434/v1"
            )
        if self._is_foreign:
            raise ConfigurationError(stays_home("OPENAI_API_KEY", "OPENAI_BASE_URL"))
        if self.base_url is not None and self.transport is None:
            require_secure(self.base_url, "OPENAI_BASE_URL")


def _is_positive(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 < value < inf


def _api(value: str | None) -> Api | None:
    if value is None:
        return None
    if value in get_args(Api):
        return cast("Api", value)
    raise ConfigurationError('CAMPAIGN_OPENAI_API must be "responses" or "chat"')
