"""Files that a command reads or writes; `-` is standard input or output."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from typing import IO, cast

import typer

from campaign_sdk._core.errors import InvalidInput

_DASH = Path("-")


def there(path: Path | None) -> Path | None:
    """Check an option or argument that names a file to read."""
    if path is not None and path != _DASH and (path.is_dir() or not path.exists()):
        raise typer.BadParameter(f"{path} isn't a file")
    return path


def source(path: Path) -> Path | IO[bytes]:
    """Return what the library reads: the path, or standard input."""
    return sys.stdin.buffer if path == _DASH else path


def read_bytes(path: Path, argument: str) -> bytes:
    """Return what is in a file.

    Raises:
        InvalidInput: it can't be read, isn't a file, or is larger than 64 MB.
    """
    from campaign_sdk._core.reading import bounded, read_file

    if path == _DASH:
        return bounded(sys.stdin.buffer, argument, "standard input")
    return read_file(path, argument)


def read_text(path: Path, argument: str) -> str:
    """Return the text of a file, without a byte order mark.

    Raises:
        InvalidInput: it isn't UTF-8.
    """
    try:
        return read_bytes(path, argument).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(argument, f"{path} isn't text in UTF-8") from None


def target(path: Path | None) -> Path | IO[str] | None:
    """Return what the library writes to: the path, or standard output."""
    return screen() if path == _DASH else path


def screen() -> IO[str]:
    """Return standard output; where people look at it, nothing in a text steers their terminal."""
    return cast(IO[str], _Terminal()) if sys.stdout.isatty() else sys.stdout


class _Terminal(io.TextIOBase):
    def write(self, text: str) -> int:
        sys.stdout.write(printable(text.replace("\r\n", "\n")))
        return len(text)

    def flush(self) -> None:
        sys.stdout.flush()


def printable(text: str) -> str:
    """Return a text without control characters; lines stay lines."""
    return "".join(char if char.isprintable() or char == "\n" else "�" for char in text)


@contextmanager
def written(output: Path | None, *, encoding: str = "utf-8") -> Iterator[IO[str]]:
    """Open the file of `--output`; without one, and for `-`, it is standard output."""
    from campaign_sdk._core.files import written_whole

    if output is None or output == _DASH:
        yield screen()
        return
    with written_whole(output, "output", encoding=encoding) as stream:
        yield stream


def aside(*outputs: Path | None) -> AbstractContextManager[object]:
    """Send what is printed for people to stderr, if one of the outputs has taken stdout."""
    return redirect_stdout(sys.stderr) if _DASH in outputs else nullcontext()


def whereabouts(rejects: Path | None, what: str) -> str:
    """Say where the refused rows or events of a file are, or how to keep them."""
    if rejects == _DASH:
        return f"the refused {what} are above"
    return f"the refused {what} are in {rejects}" if rejects else "--rejects FILE keeps them"


def is_screen(output: Path | None) -> bool:
    """Whether what is written goes to standard output."""
    return output is None or output == _DASH
