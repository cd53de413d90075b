"""Audiences in words: twenty answers as a model gives them, and what they become."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from campaign_sdk import DraftingError, InvalidInput, Rules, everyone, field
from campaign_sdk.drafting._rules import WrittenRules

from .conftest import Database, Run
from .model import Model, said


def rule(name: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"field": name, "operator": operator, "value": value}


def ago(days: int, anchor: str = "now", unit: str = "day") -> dict[str, Any]:
    return {"anchor": anchor, "offset": -days, "unit": unit}


def group(*rules: Any, combinator: str = "and", negated: bool = False) -> dict[str, Any]:
    return {"combinator": combinator, "negated": negated, "rules": list(rules)}


def answer(rules: Any, unsure: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"rules": rules, "explanation": "As you say.", "unsure": list(unsure)}


def drafted(run: Run, model: Model, rules: Any, unsure: tuple[str, ...] = ()) -> Any:
    model.says(said(answer(rules, unsure)))
    return run(lambda client: client.drafting.rules("customers who spent over 100"))


quiet = field("last_order_at").not_within_last(days=90)

GOOD = [
    (
        group(
            rule("spent", ">", 100),
            rule("last_order_at", "notBetween", [ago(90, "startOfDay"), ago(0)]),
        ),
        (field("spent") > 100) & ~field("last_order_at").within_last(days=90),
    ),
    (group(rule("orders", ">=", 3)), field("orders") >= 3),
    (group(rule("orders", "=", "3")), field("orders") == "3"),
    (group(rule("spent", "between", [10, 20.5])), field("spent").between(10, 20.5)),
    (group(rule("spent", "between", "10,20")), field("spent").between("10", "20")),
    (group(rule("city", "in", ["Pune", "Delhi"])), field("city").in_(["Pune", "Delhi"])),
    (group(rule("city", "notIn", ["Pune"]), negated=True), field("city").in_(["Pune"])),
    (group(rule("vip", "=", True)), field("vip") == True),  # noqa: E712
    (group(rule("vip", "!=", True)), field("vip") != True),  # noqa: E712
    (group(rule("tags", "contains", "gold")), field("tags").contains("gold")),
    (group(rule("first_name", "null")), field("first_name").is_null()),
    (group(rule("email", "endsWith", "@shop.example")), field("email").ends_with("@shop.example")),
    (group(rule("created_at", "<", "2026-01-01")), field("created_at") < "2026-01-01"),
    (group(rule("unsubscribed_at", "notNull")), field("unsubscribed_at").exists()),
    (group(rule("First Name", "beginsWith", "A")), field("First Name").begins_with("A")),
    (group(rule("attributes.email", "notNull")), field("attributes.email").exists()),
    (
        group(
            rule("orders", ">", 1),
            group(
                rule("city", "=", "Pune"),
                group(rule("spent", ">", 9), rule("vip", "=", True), combinator="and"),
                combinator="or",
            ),
        ),
        (field("orders") > 1)
        & ((field("city") == "Pune") | ((field("spent") > 9) & (field("vip") == True))),  # noqa: E712
    ),
]


@pytest.mark.parametrize(("rules", "meant"), GOOD)
def test_an_answer_becomes_rules_of_our_language(
    run: Run, model: Model, rules: Any, meant: Rules
) -> None:
    written = drafted(run, model, rules, ("Is spent in rupees?",))
    assert written.rules == meant
    assert written.rules == Rules.from_wire(written.rules.to_wire())
    assert written.explanation == "As you say."
    assert (written.size.count, written.size.reachable) == (7, 6)
    assert written.unsure == ("Is spent in rupees?",)
    assert written.usage.total_tokens == 200
    assert written.model == "gpt-6-luna"


def nested(levels: int) -> dict[str, Any]:
    tree = group(rule("orders", ">", 1))
    for _ in range(levels):
        tree = group(tree)
    return tree


def deep_text(levels: int) -> str:
    """The same as text: Python's own writer of JSON gives up first."""
    opened = '{"combinator": "and", "negated": false, "rules": ['
    tree = opened * levels + json.dumps(rule("orders", ">", 1)) + "]}" * levels
    return '{"rules": ' + tree + ', "explanation": "", "unsure": []}'


HOSTILE = [
    (group(rule("salary", ">", 1)), "'salary' is no field"),
    (group(rule("scores.__class__", ">", 1)), "is no field"),
    (group(rule("orders'; drop table contacts; --", ">", 1)), "is no field"),
    (group(rule("orders", ">", "many")), "has no order"),
    (group(rule("orders", ">", "2026-01-01")), "'orders' is number"),
    (group(rule("orders", ">", ago(90))), "'orders' is number"),
    (group(rule("orders", "contains", "1")), "'orders' is number"),
    (group(rule("orders", "=", True)), "'orders' is number"),
    (group(rule("vip", "=", "yes")), "'vip' is boolean"),
    (group(rule("city", ">", 3)), "'city' is string"),
    (group(rule("created_at", ">", 3)), "must be a date"),
    (group(rule("city", "=", "~")), "no value was chosen yet"),
    (group(rule("spent", "between", [ago(90), ago(0)])), "'spent' is number"),
    (group(rule("created_at", "contains", "2026")), "'created_at' is date"),
    (group(rule("last_order_at", "=", ago(1))), "'last_order_at' is string"),
    (group(rule("city", "in", ["Pune", 3]), rule("vip", "in", ["x"])), "'vip' is boolean"),
    (group(), "$.rules: is empty"),
    (group(rule("orders", ">", 1), group()), "$.rules[1].rules: is empty"),
    (group(rule("city", "in", [])), "is an empty list"),
    (group(rule("city", "=", None)), "is missing"),
    (group(rule("spent", "between", [20, 10])), "is reversed"),
    (group(rule("spent", "between", [20])), "must be two values"),
    (group(rule("last_order_at", ">", ago(10**9))), "within 1000 years"),
    (group(rule("city", "=", "a\0")), "NUL"),
    (group(rule("spent", ">", 10**400)), "too large"),
    (group(rule("", "=", "x")), "must name a field"),
    (group(*[rule("orders", ">", n) for n in range(101)]), "more than 100 conditions"),
    (None, "the model found no rules for it"),
    (nested(3), "breaks its schema"),
    (nested(60), "breaks its schema"),
    (rule("orders", ">", 1), "breaks its schema"),
    (group(rule("orders", "xor", 1)), "breaks its schema"),
    (group(rule("orders", ">", 1), combinator="xor"), "breaks its schema"),
    (group(rule("orders", ">", {"$gt": 1})), "breaks its schema"),
    ({**group(rule("orders", ">", 1)), "everyone": True}, "breaks its schema"),
    ({**group(), "everyone": True}, "breaks its schema"),
    # What means everybody, or nobody, is never what somebody described.
    (group(rule("email", "notNull")), "present for every contact"),
    (group(rule("created_at", "null"), negated=True), "present for every contact"),
    (group(rule("city", "=", "x"), rule("city", "!=", "x"), combinator="or"), "true of everybody"),
    (
        group(rule("city", "=", "x"), group(rule("city", "=", "x"), negated=True)),
        "true of nobody",
    ),
    (
        group(
            rule("city", "null"),
            group(rule("city", "notNull"), rule("orders", ">", 1)),
            group(rule("orders", ">", 1), negated=True),
            combinator="or",
        ),
        "true of everybody",
    ),
]


@pytest.mark.parametrize(("rules", "said_why"), HOSTILE)
def test_a_hostile_answer_is_a_clear_error(
    run: Run, model: Model, database: Database, rules: Any, said_why: str
) -> None:
    with pytest.raises(DraftingError) as caught:
        drafted(run, model, rules)
    assert caught.value.reason == "invalid"
    assert said_why in caught.value.message
    assert caught.value.usage is not None
    assert caught.value.usage.total_tokens == 200
    assert not [r for r in database.requests if r.url.path.endswith("audience_size")]


@pytest.mark.parametrize("levels", [100, 1_000, 10_000])
def test_a_thousand_levels_are_a_clear_error(run: Run, model: Model, levels: int) -> None:
    model.says(said(deep_text(levels)))
    with pytest.raises(DraftingError) as caught:
        run(lambda client: client.drafting.rules("everyone in Pune"))
    assert caught.value.reason == "invalid"


def test_no_rules_says_why(run: Run, model: Model) -> None:
    with pytest.raises(DraftingError, match="no field says where they live") as caught:
        drafted(run, model, None, ("no field says\nwhere they live",))
    assert "everyone()" in str(caught.value.hint)


def test_rules_that_match_everybody_are_pointed_out(
    run: Run, model: Model, database: Database
) -> None:
    database.sizes = dict(database.everybody)
    written = drafted(run, model, group(rule("orders", ">=", 0)))
    assert written.unsure == ("every contact that you have matches these rules",)
    assert written.rules != everyone()


def test_rules_that_match_nobody_are_pointed_out(
    run: Run, model: Model, database: Database
) -> None:
    database.sizes = {"total": 0, "reachable": 0}
    written = drafted(run, model, group(rule("orders", ">=", 99)))
    assert written.unsure == ("no contact matches these rules",)


def test_what_is_asked(run: Run, model: Model) -> None:
    drafted(run, model, group(rule("orders", ">", 1)))
    (asked,) = model.asked
    assert asked.data["description"] == "customers who spent over 100"
    assert asked.data["timezone"] == "UTC"
    names = [item["field"] for item in asked.data["fields"]]
    assert {"email", "created_at", "orders", "tags", "attributes.email"} <= set(names)
    assert "customers" not in asked.body["instructions"]
    for secret in ("SECRET", "Pune", "12.5", "ann@example.com", "9876543210"):
        assert secret not in json.dumps(asked.data["fields"])


@pytest.mark.parametrize(
    ("text", "timezone", "path"), [(" ", "UTC", "text"), ("x", "Mars/Base", "timezone")]
)
def test_what_makes_no_sense_is_refused(
    run: Run, model: Model, text: str, timezone: str, path: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        run(lambda client: client.drafting.rules(text, timezone=timezone))
    assert caught.value.path == path
    assert model.asked == []


def test_the_result_is_frozen(run: Run, model: Model) -> None:
    written = drafted(run, model, group(rule("orders", ">", 1)))
    with pytest.raises(ValidationError):
        written.rules = everyone()


def test_the_schema_contains_itself_nowhere() -> None:
    schema = WrittenRules.model_json_schema()

    def depth(node: Any, seen: tuple[str, ...] = ()) -> int:
        if isinstance(node, list):
            return max((depth(item, seen) for item in node), default=0)
        if not isinstance(node, dict):
            return 0
        name = str(node.get("$ref", "")).rpartition("/")[2]
        if name:
            assert name not in seen
            return 1 + depth(schema["$defs"][name], (*seen, name))
        return max((depth(item, seen) for key, item in node.items() if key != "$defs"), default=0)

    assert depth(schema) == 5
