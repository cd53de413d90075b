"""In which encoding a file was written."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from campaign_sdk._core.errors import InvalidInput

_BLOCK = 1 << 20
_SAMPLE = 1 << 16
_FEW = 3
# The longer marks first: that of UTF-16 begins that of UTF-32.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What spreadsheets and databases write besides UTF-8, by country.
_LEGACY = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("cp932", "gb18030", "big5", "cp949", "euc_jp", "koi8_r", "mac_roman"),
]
_LETTERS = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00fe\u0160\u0161\u017d\u017e\u0152\u0153\u0178"
_SIGNS = (
    "\u00a0\u00a1\u00a7\u00a9-\u00ab\u00ad\u00ae\u00b0\u00b4\u00b7\u00ba\u00bb\u00bf\u2013\u2014"
    "\u2018-\u201a\u201c-\u201e\u2022\u2026\u2039\u203a\u20ac\u2122\u00a3\u00b2\u00b3\u00bd"
)
_WESTERN = re.compile(rf"[\x00-\x7f{_LETTERS}{_SIGNS}]*")
# Polish or Czech, read as Western: signs that grow on letters.
_GROWN = re.compile(
    rf"[{_LETTERS}][\u00a3\u00b2\u00b3\u00bd\u00bf\u00a9]|\u00a3[{_LETTERS}]|\u00b3[a-z]"
)
_WORD = re.compile(rf"[{_LETTERS}]{{3,}}")


def encoding_of(stream: BinaryIO, named: str | None) -> str:
    """Return the encoding of a file, which is left at its beginning.

    A byte order mark counts more than what is named. A few bytes that aren't text don't
    make a UTF-8 file one of something else: they spoil their own rows only.

    Raises:
        InvalidInput: the encoding that is named isn't one of texts.
    """
    if named is not None:
        _check(named)
    head = stream.read(_BLOCK)
    stream.seek(0)
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    if marked or named:
        return marked or str(named)
    return _wide(head[:4_000]) or _narrow(stream)


def _check(named: str) -> None:
    try:
        codec = codecs.lookup(named)
    except (LookupError, ValueError):
        codec = None
    if codec is None or not codec._is_text_encoding:
        raise InvalidInput("encoding", "isn't one that Python knows")


def _wide(head: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of plain text is zero."""
    pairs = len(head) // 2
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if pairs and odd > pairs / 2 and even < pairs / 20:
        return "utf-16-le"
    return "utf-16-be" if pairs and even > pairs / 2 and odd < pairs / 20 else None


def _narrow(stream: BinaryIO) -> str:
    try:
        good, bad = _lines(stream)
    finally:
        stream.seek(0)
    return (_legacy(bad) or "utf-8") if len(bad) > len(good) else "utf-8"


def _lines(stream: BinaryIO) -> tuple[bytes, bytes]:
    """Return lines that are UTF-8 but not ASCII, and lines that aren't UTF-8."""
    good, bad = bytearray(), bytearray()
    for block in _blocks(stream):
        if block.isascii():
            continue
        if not bad and _is_utf8(block):
            good += block[:_SAMPLE]
            continue
        for line in block.splitlines(keepends=True):
            if not line.isascii():
                (good if _is_utf8(line) else bad).extend(line)
        if len(bad) > _SAMPLE:
            break
    return bytes(good[:_SAMPLE]), bytes(bad[:_SAMPLE])


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the file in blocks of whole lines."""
    while block := stream.read(_BLOCK):
        yield block + stream.readline()


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _legacy(sample: bytes) -> str | None:
    if _is_western(sample):
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=_LEGACY).best()
    if best is None:
        return None
    # What has no letters is noise, not text, and so may be a byte or two.
    foreign = [char for char in str(best) if not char.isascii()]
    letters = sum(char.isalpha() for char in foreign)
    return best.encoding if letters >= _FEW and 2 * letters > len(foreign) else None


def _is_western(sample: bytes) -> bool:
    """Whether the sample makes sense as what Excel writes in Western Europe and America.

    In a short sample nothing but sense tells the encodings of one byte apart.
    """
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    if not _WESTERN.fullmatch(text) or _GROWN.search(text):
        return False
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    plain = sum(2 * sum(map(str.isascii, word)) >= len(word) for word in words)
    return 2 * plain >= len(words)
