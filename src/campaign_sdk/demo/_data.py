"""The demo's files: in the wheel, or in the checkout beside us."""

from __future__ import annotations

from pathlib import Path

from campaign_sdk._core.errors import ConfigurationError

_HERE = Path(__file__).parent
_CHECKOUT = _HERE.parents[2] / "examples" / "data"


def customers() -> Path:
    """Return the CSV file of CDNOW's customers."""
    for folder in (_HERE, _CHECKOUT):
        path = folder / "cdnow_customers.csv"
        if path.exists():
            return path
    raise ConfigurationError(
        "this installation of campaign-sdk lacks the demo's data; install it again"
    )


def message() -> str:
    """Return the message as somebody wrote it in a hurry: it has a mistake."""
    return (_HERE / "message.txt").read_text(encoding="utf-8").strip()
