"""The language model: the rim where openai is called, and nothing else is."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

from campaign_sdk._core.errors import CampaignError
from campaign_sdk._core.operation import Call

from ._chat import Chat
from ._dialect import Dialect, Format, Prompt
from ._options import MODEL, OPENAI, DraftingOptions
from ._responses import Responses


def _failures(error: Exception) -> CampaignError | None:
    # Imported only once openai is: it takes longer than all the rest of us.
    from ._failures import from_openai

    return from_openai(error)


class Writer:
    """Makes calls of a language model, in either mode; opens its client for the first one."""

    def __init__(self, options: DraftingOptions, *, is_async: bool) -> None:
        self.options = options
        self.dialect: Dialect = Chat() if options.api == "chat" else Responses()
        self._is_async = is_async
        self._lock = threading.Lock()
        self._opened: tuple[Any, Any] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def model(self, asked: str | None) -> str:
        """The model to ask: the argument, the setting, or the default."""
        return asked or self.options.model or MODEL

    def ask(
        self,
        prompt: Prompt,
        format: Format | None,
        *,
        model: str,
        seconds: float,
        tokens: int | None,
    ) -> Call:
        """A call whose answer has the `http_response`; without a format, a stream of text."""
        body = self.dialect.request(model, prompt, format, tokens)
        stream = {} if format is not None else {"stream": True}
        return Call(partial(self._create, timeout=seconds, **body, **stream), _failures)

    def _create(self, **arguments: Any) -> Any:
        noun = self._client()
        for name in self.dialect.path.split("."):
            noun = getattr(noun, name)
        return noun.with_raw_response.create(**arguments)

    def sleep(self, seconds: float) -> Call:
        """A call that waits."""
        return Call(partial(asyncio.sleep if self._is_async else time.sleep, seconds))

    def lines(self, response: Any) -> Iterator[str] | AsyncIterator[str]:
        """The lines of a stream, to be taken with `line`."""
        lines: Iterator[str] | AsyncIterator[str] = (
            response.aiter_lines() if self._is_async else response.iter_lines()
        )
        return lines

    def line(self, lines: Any) -> Call:
        """A call that returns the next line, or `None` at the end."""
        return Call(partial(anext if self._is_async else next, lines, None), _failures)

    def hang_up(self, response: Any) -> None:
        """Close a stream, whether or not it has been read to its end."""
        if not self._is_async:
            response.close()
            return
        # A generator that is being thrown away can't await: a task of its own can.
        task = asyncio.get_running_loop().create_task(response.aclose())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _client(self) -> Any:
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened[0]

    def _open(self) -> tuple[Any, Any]:
        import openai

        from ._http import open_http

        self.options.check()
        http = open_http(self.options.transport, is_async=self._is_async)
        make: Any = openai.AsyncOpenAI if self._is_async else openai.OpenAI
        client = make(
            # A server of one's own asks for no key, but openai does.
            api_key=self.options.api_key or "none",
            base_url=self.options.base_url or OPENAI,
            # It would repeat timeouts and used-up quotas as well, and wait for minutes.
            max_retries=0,
            http_client=http,
        )
        return client, http

    def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            self._opened[1].close()

    async def aclose(self) -> None:
        """Close the connections."""
        if self._closing:
            await asyncio.wait(self._closing)
        if self._opened is not None:
            await self._opened[1].aclose()
