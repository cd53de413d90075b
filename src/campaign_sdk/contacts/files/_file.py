"""A file of contacts: understood as a whole, then read row by row at flat memory."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any, BinaryIO

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.contacts.files._columns import has_address, header_of
from campaign_sdk.contacts.files._declared import Declared
from campaign_sdk.contacts.files._dialect import delimiter_of, told_delimiter
from campaign_sdk.contacts.files._encoding import encoding_of
from campaign_sdk.contacts.files._facts import gather
from campaign_sdk.contacts.files._options import Options
from campaign_sdk.contacts.files._plan import Row
from campaign_sdk.contacts.files._planner import Planner
from campaign_sdk.contacts.files._reader import Reader, not_text
from campaign_sdk.contacts.files._source import FileLike, Source

_SAMPLE = 64
_SAMPLE_CHARACTERS = 1 << 16


class ContactFile:
    """A CSV file of contacts, whoever wrote it.

    Opening it reads it once, to find out what its columns are; iterating reads it again.

    Args:
        file: a path, or a file that is open for reading.
        options: what the user says of it, as `Options.of` takes it.

    Attributes:
        header: the cells of the first line, as they stand there.
        delimiter: what stands between two cells.
        encoding: of its text.
        count: how many rows are well-formed.
        program: the program that wrote it, if it is a known one.
        columns: what became of each column.
        texts: indexes of columns that are texts only because of all their cells together.
        notes: what was found out.
        warnings: what somebody should look at.

    Raises:
        InvalidInput: the file can't be read, has no column of addresses, says who has opted
            out in a way that isn't understood, or an option is wrong.
    """

    def __init__(self, file: FileLike, **options: Any) -> None:
        said = Options.of(**options)
        self._source = Source.of(file)
        try:
            self._understand(said)
        except BaseException:
            self.close()
            raise

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self._source.size

    @property
    def position(self) -> int:
        """How many bytes have been read."""
        return self._source.stream.tell()

    @property
    def path(self) -> Any:
        """The path, if there is one."""
        return self._source.path

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows; blank lines are none."""
        reader = Reader(self._source.stream, self.encoding, self.delimiter)
        try:
            reader.header()
            yield from map(self._plan.row, reader)
        finally:
            reader.close()

    def _understand(self, options: Options) -> None:
        stream = self._source.stream
        self.encoding = encoding_of(stream, options.encoding or self._source.encoding)
        sample = _sample(stream, self.encoding)
        told = told_delimiter(sample.partition("\n")[0])
        self.delimiter = (
            options.delimiter or told or delimiter_of(sample, has_address(options.names))
        )
        reader = Reader(stream, self.encoding, self.delimiter)
        try:
            self.header = reader.header()
            facts, first, self.count = gather(reader, len(self.header), options.decimal)
        finally:
            reader.close()
        header = header_of(self.header, options.names, options.preset, first, self.encoding)
        self.program = header.program
        self._planner = partial(Planner, options, header, facts, self.encoding, self.delimiter)
        self.declare({})

    def declare(self, types: Declared) -> None:
        """Plan anew, with what a schema says of attributes whose type nobody has named."""
        planner = self._planner(types)
        self._plan, self.columns = planner.plan(), tuple(planner.columns)
        self.texts = planner.texts()
        self.notes, self.warnings = tuple(planner.notes), tuple(planner.warnings)


def _sample(stream: BinaryIO, encoding: str) -> str:
    """Return the first lines of a file, which is left at its beginning."""
    text = io.TextIOWrapper(stream, encoding, "surrogateescape", newline="")
    try:
        lines = [line[:_SAMPLE_CHARACTERS] for line in islice(text, _SAMPLE)]
    except UnicodeError as error:
        raise InvalidInput("path", not_text(encoding)) from error
    finally:
        text.detach()
        stream.seek(0)
    return "".join(lines)
