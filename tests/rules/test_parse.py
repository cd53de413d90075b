"""`Rules.parse`: rules from a line of text; the language itself is in cli/test_where.py."""

from __future__ import annotations

import pytest

from campaign_sdk import InvalidRules, Rules, everyone, field


def test_text_is_read_as_the_same_rules() -> None:
    rules = (field("orders") >= 3) & field("city").not_in(["Pune"])
    assert Rules.parse('orders >= 3 and not city in ("Pune")') == rules
    assert Rules.parse(rules.explain()) == rules
    assert Rules.parse("everyone") == everyone()


def test_what_isnt_understood_is_refused_with_its_place() -> None:
    with pytest.raises(InvalidRules, match="column 11"):
        Rules.parse("orders >= ")
