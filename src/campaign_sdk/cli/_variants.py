"""The messages of a test, as they are given on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from campaign_sdk import Variant

Variants = Annotated[
    list[str] | None,
    typer.Option(
        "--variant", help="A message to test: 'story=Once upon a time ...'. Twice at least."
    ),
]
HoldOut = Annotated[
    float | None, typer.Option(help="The share that gets nothing, to compare with: 0.05.")
]
TestShare = Annotated[
    float | None,
    typer.Option(help="The share that the variants are tested on; the others wait: 0.2."),
]


def of_a_test(
    variants: list[str] | None, hold_out: float | None, test_share: float | None
) -> dict[str, Any]:
    """Return what `campaigns.create` takes of a test, as far as it is given."""
    made = [_variant(text) for text in variants or ()]
    given = {"variants": made or None, "hold_out": hold_out, "test_share": test_share}
    return {name: value for name, value in given.items() if value is not None}


def _variant(text: str) -> Variant:
    from campaign_sdk import Variant

    name, equals, message = text.partition("=")
    if not equals:
        raise typer.BadParameter(
            "must look like 'story=Once upon a time ...'", param_hint="--variant"
        )
    return Variant(name.strip(), message=message)
