"""The language model: the rim where openai is called, and nothing else is."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from operator import attrgetter
from typing import Any

from campaign_sdk._core.errors import CampaignError
from campaign_sdk._core.operation import Call

from ._budget import Budget
from ._dialects import CHAT, RESPONSES, Format, Prompt
from ._options import MODEL, OPENAI, DraftingOptions


class Writer:
    """Makes calls of a language model, in either mode; opens its client for the first one."""

    def __init__(
        self,
        options: DraftingOptions,
        *,
        is_async: bool,
        identity: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self.options = options
        self._identity = identity
        self.dialect = CHAT if options.api == "chat" else RESPONSES
        self._is_async = is_async
        self._lock = threading.Lock()
        self._opened: Any = None
        self._closing: set[asyncio.Task[None]] = set()

    def model(self, asked: str | None) -> str:
        """The model to ask: the argument, the setting, or the default."""
        return asked or self.options.model or MODEL

    def ask(self, prompt: Prompt, format: Format | None, model: str, budget: Budget) -> Call:
        """A call whose answer is openai's own; without a format, a stream of its events."""
        body = self.dialect.request(model, prompt, format, budget.tokens)
        stream = {} if format is not None else {"stream": True}
        ask = partial(self._create, timeout=budget.seconds, **body, **stream)
        return Call(ask, self._failures)

    def _create(self, **arguments: Any) -> Any:
        # The project's own function knows its users by their session, which changes.
        headers = dict(self._identity()) if self.options.server else None
        create = attrgetter(self.dialect.path)(self._client()).create
        return create(extra_headers=headers, **arguments)

    def _failures(self, error: Exception) -> CampaignError | None:
        # Imported only once openai is: it takes longer than all the rest of us.
        from ._failures import from_openai

        return from_openai(error, by_server=self.options.server)

    def sleep(self, seconds: float) -> Call:
        """A call that waits."""
        return Call(partial(asyncio.sleep if self._is_async else time.sleep, seconds))

    def next(self, events: Any) -> Call:
        """A call that returns the next event of a stream, or `None` at the end."""
        return Call(partial(anext if self._is_async else next, events, None), self._failures)

    def hang_up(self, events: Any) -> None:
        """Close a stream, whether or not it has been read to its end."""
        if not self._is_async:
            events.close()
            return
        # A generator that is being thrown away can't await: a task of its own can.
        task = asyncio.get_running_loop().create_task(events.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _client(self) -> Any:
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def _open(self) -> Any:
        import openai

        from ._http import open_http

        self.options.check()
        make: Any = openai.AsyncOpenAI if self._is_async else openai.OpenAI
        url = self.options.base_url or OPENAI
        return make(
            # A server of one's own asks for no key, but openai does.
            api_key=self.options.api_key or "none",
            base_url=url,
            # It would repeat timeouts and used-up quotas as well, and wait for minutes.
            max_retries=0,
            http_client=open_http(self.options.transport, url, is_async=self._is_async),
        )

    def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            self._opened.close()

    async def aclose(self) -> None:
        """Close the connections."""
        if self._closing:
            await asyncio.wait(self._closing)
        if self._opened is not None:
            await self._opened.close()
