"""What people write who know another language, and how it is written here."""

from __future__ import annotations

from collections.abc import Sequence

from ._verbs import VERBS

_SYMBOLS = {
    "===": "write = for equality",
    "==": "write = for equality",
    "<>": "write != for what isn't equal",
    "!==": "write != for what isn't equal",
    "=~": "write `contains`, `begins with` or `ends with`: there are no patterns",
    "~": "write `contains`, `begins with` or `ends with`: there are no patterns",
    "&&": "write `and`",
    "&": "write `and`",
    "||": "write `or`",
    "|": "write `or`",
    "!": "write `not` before the rule",
    ";": "write one line of rules, joined by `and` and `or`",
    "[": "write a list in parentheses: (1, 2)",
    "{": "write a list in parentheses: (1, 2)",
    "%": "write `contains`, `begins with` or `ends with`: there are no patterns",
}
_NO_PATTERNS = "write `contains`, `begins with` or `ends with`: there are no patterns"
_WORDS = {
    "like": _NO_PATTERNS,
    "ilike": _NO_PATTERNS,
    "not like": _NO_PATTERNS,
    "not ilike": _NO_PATTERNS,
    "matches": _NO_PATTERNS,
    "regexp": _NO_PATTERNS,
    "is null": "write `is missing`",
    "is not null": "write `is present`",
    "is empty": 'write `is missing`, or is "" for an empty text',
    "not contains": "write `does not contain`",
    "older than": "write `not within last`",
    "newer than": "write `within last`",
    "exists": "write `is present`",
    "equals": "write `is` or =",
    "includes": "write `contains`",
    "has": "write `contains`",
    "starts with": "write `begins with`",
    "startswith": "write `begins with`",
    "endswith": "write `ends with`",
    "last": "write `within last`",
    "the last": "write `within last`",
    "within the last": "write `within last`",
    "next": "write `within next`",
    "the next": "write `within next`",
    "within the next": "write `within next`",
    "before": "write <",
    "after": "write >",
    "xor": "write (a or b) and not (a and b)",
}
# What people write where a value stands, and which no text would be meant by.
_MISSING = "write `is missing` or `is present` instead of {}"
_VALUES = {
    **dict.fromkeys(("null", "none", "nil", "set", "unset", "missing", "present"), _MISSING),
    **dict.fromkeys(("empty", "blank"), f'{_MISSING}, or "" for an empty text'),
    "yes": 'write true, or "yes" if it is a text',
    "no": 'write false, or "no" if it is a text',
    "today": "write startOfDay or endOfDay instead of {}",
    "yesterday": "write startOfDay -1 day instead of {}",
    "tomorrow": "write startOfDay 1 day instead of {}",
    "older": "write `not within last` instead of `is {}`",
    "newer": "write `within last` instead of `is {}`",
}
# What the language itself writes in small letters.
_SMALL = frozenset(
    {"and", "or", "not", "in", "is", "between", "contains", "begins", "ends", "within"}
    | {"missing", "present", "everyone", "nobody", "some", "all", "none", "exactly", "never"}
    | set(VERBS)
)


def hint_of_symbol(rest: str) -> str | None:
    """Return how what begins here is written, if it is a symbol of another language."""
    return next((hint for symbol, hint in _SYMBOLS.items() if rest.startswith(symbol)), None)


def hint_of_value(word: str) -> str:
    """Return how a word that stands for a value is written; a text, if nothing else is known."""
    hint = _VALUES.get(word.lower())
    return hint.format(word) if hint else f'put a text in quotes: "{word}"'


def hint_for(words: Sequence[str]) -> str | None:
    """Return how the words that stand here are written, if another language has them."""
    small = [word.lower() for word in words]
    for length in range(len(small), 0, -1):
        if hint := _WORDS.get(" ".join(small[:length])):
            return hint
    return in_small_letters(words[0]) if words else None


def in_small_letters(word: str) -> str | None:
    """Return how a word of the language is written, if it was written in capitals."""
    small = word.lower()
    return f"write {small} in small letters" if word != small and small in _SMALL else None
