"""Where the bytes of a file come from: a path, or something that is open already."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast, runtime_checkable

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.reading import opened

_CHUNK = 1 << 20
# More isn't kept of a pipe: one that never ends would fill the disk.
MOST = 16 << 30
# Of zip, which a workbook is, old workbooks, gzip, 7z, xz and rar.
_PACKED = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b\x08", b"7z\xbc\xaf", b"\xfd7zX", b"Rar!")


@runtime_checkable
class Readable(Protocol):
    """A file that is open for reading texts or bytes."""

    def read(self, size: int, /) -> Any:
        """Return so many of them at most, and nothing at the end."""


FileLike = str | Path | Readable
"""A path, or a file that is open for reading."""


@dataclass
class Source:
    """The bytes of a file, which can be read twice.

    Attributes:
        stream: the bytes, from the beginning.
        size: how many.
        path: of the file; `None` for what was open already.
        encoding: if it is known, because texts were given.
    """

    stream: BinaryIO
    size: int
    path: Path | None = None
    encoding: str | None = None

    @classmethod
    def of(cls, file: FileLike) -> Source:
        """Open a file; what can be read only once is kept in a temporary one.

        Raises:
            InvalidInput: it can't be read, or isn't text at all.
        """
        try:
            source = _opened(Path(file)) if isinstance(file, str | Path) else _kept(file)
            with _closed_if_it_fails(source.stream):
                first = source.stream.read(max(map(len, _PACKED)))
        except OSError as error:
            raise InvalidInput("path", f"can't be read ({type(error).__name__})") from error
        if first.startswith(_PACKED):
            source.stream.close()
            raise InvalidInput("path", "is a workbook or an archive: save it as CSV, or unpack it")
        source.stream.seek(0)
        return source

    def close(self) -> None:
        """Close the file, or forget what was kept of it."""
        self.stream.close()


@contextmanager
def _closed_if_it_fails(stream: BinaryIO) -> Iterator[None]:
    try:
        yield
    except BaseException:
        stream.close()
        raise


def _opened(path: Path) -> Source:
    stream = opened(path, "path")
    if stream.seekable():
        return Source(stream, path.stat().st_size, path)
    with stream:
        return _kept(stream)


def _kept(file: Any) -> Source:
    if not callable(getattr(file, "read", None)):
        raise InvalidInput("path", "must be a path, or a file that is open for reading")
    kept = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - closed with the Source
    with _closed_if_it_fails(kept):
        return _filled(kept, file)


def _filled(kept: BinaryIO, file: Any) -> Source:
    size, encoding = 0, None
    while piece := file.read(_CHUNK):
        if isinstance(piece, str):
            # Half a surrogate pair is no text; the row that it is in will say so.
            piece, encoding = piece.encode("utf-8", "surrogatepass"), "utf-8"
        size += len(piece)
        if size > MOST:
            raise InvalidInput(
                "path", f"comes to no end within {MOST >> 30} GiB: give it as a file, in parts"
            )
        _keep(kept, piece)
    if piece is None:
        raise InvalidInput("path", "has nothing to read at the moment: it must wait, not give None")
    kept.seek(0)
    return Source(kept, size, encoding=encoding)


def _keep(kept: BinaryIO, piece: bytes) -> None:
    try:
        kept.write(piece)
        kept.flush()
    except OSError as error:
        raise InvalidInput(
            "path",
            f"can't be kept in {tempfile.gettempdir()} ({error.strerror}): give it as a file",
        ) from error
