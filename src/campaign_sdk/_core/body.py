"""A body that ends at a deadline or a size, whatever an HTTP library waits for."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from campaign_sdk._core.cancelling import ToTheEnd


class BoundedBody:
    """Stands before the stream of an answer; a timeout of its own begins anew at each chunk.

    Args:
        stream: what the library made.
        ends: the deadline, on the monotonic clock.
    """

    most: int
    """The bytes that an answer may have."""

    def __init__(self, stream: Any, ends: float) -> None:
        self._stream = stream
        self._ends = ends
        self._size = 0

    def late(self) -> Exception:
        """What is raised at the deadline."""
        raise NotImplementedError

    def large(self) -> Exception:
        """What is raised when there is too much of it."""
        raise NotImplementedError

    def _passed(self, chunk: bytes) -> bytes:
        self._size += len(chunk)
        if time.monotonic() > self._ends:
            raise self.late()
        if self._size > self.most:
            raise self.large()
        return chunk

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            yield self._passed(chunk)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield self._passed(chunk)

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()

    async def aclose(self) -> None:
        """Close the stream; a task that is cancelled meanwhile is cancelled after it."""
        await ToTheEnd(self._stream.aclose())
