"""What an import says about a file: what it found out, and what somebody should look at."""

from __future__ import annotations

from typing import Literal

from campaign_sdk._core.model import Model

NoteKind = Literal[
    "encoding", "delimiter", "program", "mapping", "consent", "type", "name", "rejects", "schema"
]


class Note(Model):
    """Something that is to be said about a file or one of its columns.

    Attributes:
        kind: what it is about.
        column: the column's header, or the attribute that breaks a schema; `None` for the
            file.
        text: the sentence, without any of the file's data.
    """

    kind: NoteKind
    column: str | None = None
    text: str

    def __str__(self) -> str:
        return f"{self.column}: {self.text}" if self.column else self.text


class ImportColumn(Model):
    """What a column of the file became.

    Attributes:
        header: its name in the file; a number is added to the second of one name.
        field: what it is stored as: email, phone, unsubscribed_at, or an attribute's name
            as rules write it; `None` if it isn't stored.
        type: what its cells were read as; "consent" if they say who has opted out.
    """

    header: str
    field: str | None
    type: str
