"""Unfinished, malformed and oversized rules: refused by Python and by the database."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from campaign_sdk import InvalidInput, InvalidRules
from campaign_sdk.rules import Rules, everyone, field

from .conftest import Audience, wire

EMPTY: dict[str, Any] = {"combinator": "and", "rules": []}
FINE = {"field": "a", "operator": "=", "value": 1}
NOW = {"mode": "relative", "anchor": "now", "offset": 0, "unit": "day"}
YEARLY = {**NOW, "recurring": "yearly"}
NUL, SURROGATE = "a\0b", "a\ud800b"


def group(*rules: object, **keys: object) -> dict[str, Any]:
    return {"combinator": "and", "rules": list(rules), **keys}


def nested(depth: int, innermost: object = FINE) -> dict[str, Any]:
    tree = group(innermost)
    for _ in range(depth - 1):
        tree = group(tree)
    return tree


VALUE = "$.rules[0].value"
INNER = f"{VALUE}.rules[0]"


def counted(match: object, *rules: object, name: object = "a", **keys: object) -> dict[str, Any]:
    return group({"field": name, "operator": "=", "match": match, "value": group(*rules), **keys})


def event(field: str, operator: str, value: object) -> dict[str, Any]:
    rule = {"field": field, "operator": operator, "value": value}
    return counted({"mode": "some"}, rule, name="events")


REFUSED: list[tuple[object, str]] = [
    # not a tree of rules at all
    ([], "$"),
    ("{}", "$"),
    (None, "$"),
    ({}, "$"),
    (FINE, "$"),
    (group(1), "$.rules[0]"),
    (group(FINE, "and", FINE), "$.rules[1]"),
    ({"rules": [FINE, "and", FINE]}, "$.combinator"),
    ({"combinator": "and", "rules": {"0": FINE}}, "$.rules"),
    ({"combinator": "and", "rules": None}, "$.rules"),
    # unfinished or malformed groups
    (EMPTY, "$.rules"),
    (group(FINE, EMPTY), "$.rules[1].rules"),
    (group(FINE, {**EMPTY, "not": True}), "$.rules[1].rules"),
    ({**EMPTY, "everyone": False}, "$.rules"),
    ({**EMPTY, "everyone": 1}, "$.everyone"),
    (group(FINE, everyone=True), "$.everyone"),
    (group({**FINE, "muted": True}), "$.rules"),
    (group(FINE, group({**FINE, "muted": True})), "$.rules[1].rules"),
    (group(FINE, muted=True), "$"),
    (group({**FINE, "muted": "yes"}, FINE), "$.rules[0].muted"),
    ({"combinator": "xor", "rules": [FINE]}, "$.combinator"),
    ({"combinator": "AND", "rules": [FINE]}, "$.combinator"),
    ({"combinator": "and) or (true", "rules": [FINE]}, "$.combinator"),
    (group(FINE, **{"not": "false"}), "$.not"),
    (group(FINE, **{"not": None}), "$.not"),
    # fields and operators
    (wire("", "=", 1), "$.rules[0].field"),
    (wire("~", "=", 1), "$.rules[0].field"),
    (wire("a..b", "=", 1), "$.rules[0].field"),
    (wire("a.", "=", 1), "$.rules[0].field"),
    (wire("attributes.", "=", 1), "$.rules[0].field"),
    (wire(".".join("a" * 33), "=", 1), "$.rules[0].field"),
    (group({"field": 1, "operator": "=", "value": 1}), "$.rules[0].field"),
    (group({"operator": "=", "value": 1}), "$.rules[0].field"),
    (wire("a", "~", 1), "$.rules[0].operator"),
    (wire("a", "like", 1), "$.rules[0].operator"),
    (wire("a", "= 1 or 1 =", 1), "$.rules[0].operator"),
    (group({"field": "a", "operator": ["="], "value": 1}), "$.rules[0].operator"),
    (group({"field": "a", "value": 1}), "$.rules[0].operator"),
    (group({**FINE, "valueSource": "field"}), "$.rules[0].valueSource"),
    (group({**FINE, "valueSource": 1}), "$.rules[0].valueSource"),
    # values
    (group({"field": "a", "operator": "="}), VALUE),
    (wire("a", "=", None), VALUE),
    (wire("a", "=", [1]), VALUE),
    (wire("a", "<", ""), VALUE),
    (wire("a", ">=", " \t"), VALUE),
    (wire("a", "contains", ""), VALUE),
    (wire("a", "doesNotContain", " "), VALUE),
    (wire("a", "beginsWith", ""), VALUE),
    (wire("a", "doesNotEndWith", ""), VALUE),
    (wire("a", "contains", NOW), VALUE),
    (wire("a", "<", "2024-01-01T10:00"), VALUE),
    (wire("a", "between", ["2024-01-01 10:00:00", "2024-02-01"]), f"{VALUE}[0]"),
    # the builder's placeholder
    *((wire("a", operator, "~"), VALUE) for operator in ("=", "!=", "<", "contains", "endsWith")),
    (wire("a", "in", ["x", "~"]), f"{VALUE}[1]"),
    (wire("a", "notIn", "x,~"), f"{VALUE}[1]"),
    (wire("a", "between", "~,~"), f"{VALUE}[0]"),
    # values without an order: true of nobody, so that the opposite would be everybody
    *(
        (wire("a", operator, value), VALUE)
        for operator in ("<", "<=", ">", ">=")
        for value in ("Pune", "01/11/2026", "2026-02-30", "05", "+5", "1,5", "NaN", True)
    ),
    (wire("a", "between", ["a", "b"]), f"{VALUE}[0]"),
    (wire("a", "notBetween", ["01/11/2026", "30/11/2026"]), f"{VALUE}[0]"),
    (wire("a", "notBetween", ["2026-11-01", "tomorrow"]), f"{VALUE}[1]"),
    (wire("a", "between", [False, True]), f"{VALUE}[0]"),
    (wire("a", "between", [1, "2026-11-01"]), VALUE),
    (wire("a", "notBetween", [NOW, "5"]), VALUE),
    (wire("created_at", "<", 5), VALUE),
    (wire("unsubscribed_at", "notBetween", ["1", "2"]), VALUE),
    (wire("email", ">", 5), "$.rules[0].operator"),
    (wire("phone", "notBetween", ["2026-11-01", "2026-11-02"]), "$.rules[0].operator"),
    # what would change who is meant
    (group({**FINE, "lhs": {"kind": "field", "field": "b"}}), "$.rules[0].lhs"),
    (group({**FINE, "match": {"mode": "some"}}), VALUE),
    # match modes
    *(
        (counted(match, FINE), f"$.rules[0].match{at}")
        for match, at in [
            ("some", ""),
            ([], ""),
            (False, ""),
            ({}, ".mode"),
            ({"mode": "any"}, ".mode"),
            ({"mode": "Some"}, ".mode"),
            ({"mode": ["some"]}, ".mode"),
            ({"mode": "atLeast"}, ".threshold"),
            ({"mode": "atMost", "threshold": None}, ".threshold"),
            ({"mode": "exactly", "threshold": "2"}, ".threshold"),
            ({"mode": "exactly", "threshold": True}, ".threshold"),
            ({"mode": "atLeast", "threshold": -1}, ".threshold"),
            ({"mode": "atLeast", "threshold": 1.5}, ".threshold"),
            ({"mode": "atLeast", "threshold": 10**10}, ".threshold"),
            ({"mode": "some", "of": "events"}, ".of"),
        ]
    ),
    (counted({"mode": "some"}), f"{VALUE}.rules"),
    (counted({"mode": "some"}, FINE, value="5"), VALUE),
    (counted({"mode": "some"}, FINE, value=[FINE]), VALUE),
    (counted({"mode": "some"}, FINE, value=group(FINE, muted=True)), VALUE),
    (counted({"mode": "some"}, FINE, value=group(FINE, muted=1)), f"{VALUE}.muted"),
    (counted({"mode": "some"}, {**FINE, "muted": True}), f"{VALUE}.rules"),
    (counted({"mode": "some"}, wire("b", "<", "x")["rules"][0]), f"{INNER}.value"),
    (counted({"mode": "some"}, {**FINE, "lhs": 1}), f"{INNER}.lhs"),
    (counted({"mode": "some"}, wire("~", "=", 1)["rules"][0]), f"{INNER}.field"),
    (counted({"mode": "some"}, wire("a..b", "=", 1)["rules"][0]), f"{INNER}.field"),
    (counted({"mode": "some"}, FINE, operator="!="), "$.rules[0].operator"),
    (counted({"mode": "some"}, FINE, operator="any"), "$.rules[0].operator"),
    (counted({"mode": "some"}, FINE, valueSource="field"), "$.rules[0].valueSource"),
    (counted({"mode": "some"}, FINE, name=""), "$.rules[0].field"),
    (counted({"mode": "some"}, FINE, name=5), "$.rules[0].field"),
    (counted({"mode": "some"}, FINE, name="email"), "$.rules[0].field"),
    (counted({"mode": "some"}, FINE, name="created_at"), "$.rules[0].field"),
    # what happened
    (wire("events", "notNull"), "$.rules[0].field"),
    (wire("deliveries", "=", 5), "$.rules[0].field"),
    (event("a", "=", 1), f"{INNER}.field"),
    (event("outcome", "=", "sent"), f"{INNER}.field"),
    (event("attributes.type", "=", "click"), f"{INNER}.field"),
    (event("", "=", "click"), f"{INNER}.field"),
    (event("type", "=", "clicked"), f"{INNER}.value"),
    (event("type", "notIn", ["click", 5]), f"{INNER}.value"),
    (event("actor", "!=", "robot"), f"{INNER}.value"),
    (event("type", "<", 5), f"{INNER}.operator"),
    (event("campaign_id", "=", "Spring"), f"{INNER}.value"),
    (event("campaign_id", "in", ["Spring"]), f"{INNER}.value"),
    (event("campaign_id", "!=", 5), f"{INNER}.value"),
    (event("campaign_id", "contains", "5"), f"{INNER}.operator"),
    (event("campaign_id", "<", 5), f"{INNER}.operator"),
    (event("value", ">", "2026-01-01"), f"{INNER}.value"),
    (event("value", "notBetween", [NOW, NOW]), f"{INNER}.value"),
    (event("occurred_at", ">", 5), f"{INNER}.value"),
    (
        counted({"mode": "some"}, counted({"mode": "some"}, FINE)["rules"][0], name="events"),
        f"{INNER}.field",
    ),
    (
        counted(
            {"mode": "some"},
            {**counted({"mode": "some"}, FINE)["rules"][0], "field": "type"},
            name="events",
        ),
        f"{INNER}.field",
    ),
    (group({**FINE, "valueSource": "expression"}), "$.rules[0].valueSource"),
    (group({**FINE, "valueSource": "parameter"}), "$.rules[0].valueSource"),
    (group({**FINE, "not": True}), "$.rules[0].not"),
    (group({**FINE, "lhs": None, "zone": "UTC"}), "$.rules[0].lhs"),
    (group({**FINE, "case sensitive": False}), "$.rules[0]['case sensitive']"),
    (group(FINE, limit=5), "$.limit"),
    (group(FINE, {**group(FINE), "field": "a"}), "$.rules[1].field"),
    (wire("a", "<", {**NOW, "timezone": "Asia/Kolkata"}), f"{VALUE}.timezone"),
    # lists and ranges
    (wire("a", "in", []), VALUE),
    (wire("a", "in", ""), VALUE),
    (wire("a", "notIn", " , ,"), VALUE),
    (wire("a", "in", True), VALUE),
    (wire("a", "in", None), VALUE),
    (wire("a", "in", {"0": 1}), VALUE),
    (wire("a", "in", [1, None]), f"{VALUE}[1]"),
    (wire("a", "in", [1, [2]]), f"{VALUE}[1]"),
    (wire("a", "in", [NOW]), f"{VALUE}[0]"),
    (wire("a", "between", [1]), VALUE),
    (wire("a", "between", "1,"), VALUE),
    (wire("a", "notBetween", ",5"), VALUE),
    (wire("a", "between", ["", 5]), f"{VALUE}[0]"),
    (wire("a", "between", [1, None]), f"{VALUE}[1]"),
    (wire("a", "between", [1, 2, 3]), VALUE),
    (wire("a", "between", 5), VALUE),
    (wire("a", "between", [5, 1]), VALUE),
    (wire("a", "notBetween", "10,9"), VALUE),
    (wire("a", "between", ["2024-02-01", "2024-01-01"]), VALUE),
    (wire("a", "between", ["2024-01-01T00:30:00+01:00", "2023-12-31T23:00:00Z"]), VALUE),
    (wire("a", "notBetween", [NOW, {**NOW, "offset": -7}]), VALUE),
    # relative dates
    (wire("a", "<", {}), f"{VALUE}.mode"),
    (wire("a", "<", {**NOW, "mode": "absolute"}), f"{VALUE}.mode"),
    (wire("a", "<", {**NOW, "anchor": "startOfHour"}), f"{VALUE}.anchor"),
    (wire("a", "<", {**NOW, "unit": "second"}), f"{VALUE}.unit"),
    (wire("a", "<", {**NOW, "unit": None}), f"{VALUE}.unit"),
    (wire("a", "<", {**NOW, "offset": 1.5}), f"{VALUE}.offset"),
    (wire("a", "<", {**NOW, "offset": "1"}), f"{VALUE}.offset"),
    (wire("a", "<", {**NOW, "offset": 365_001}), f"{VALUE}.offset"),
    (wire("a", "<", {**NOW, "offset": -(10**30)}), f"{VALUE}.offset"),
    (wire("a", "=", {**YEARLY, "recurring": "monthly"}), f"{VALUE}.recurring"),
    (wire("a", "=", {**YEARLY, "recurring": True}), f"{VALUE}.recurring"),
    (wire("a", "<", YEARLY), "$.rules[0].operator"),
    (wire("a", "between", [YEARLY, NOW]), VALUE),
    (wire("a", "between", [NOW, YEARLY]), VALUE),
    (wire("a", "between", ["2026-01-01", YEARLY]), VALUE),
    (wire("a", "between", [YEARLY, {**YEARLY, "offset": -7}]), VALUE),
    (wire("email", "=", YEARLY), VALUE),
    (event("value", "between", [YEARLY, YEARLY]), f"{INNER}.value"),
    (wire("a", "=", 10**309), VALUE),
    # limits
    (nested(33), "$" + ".rules[0]" * 32),
    (group(*event("type", "=", "click")["rules"] * 33), "$"),
    (nested(32, counted({"mode": "some"}, FINE)["rules"][0]), "$" + ".rules[0]" * 32 + ".value"),
    (nested(3_000), "$"),
    (wire("a", "=", "x" * 262_144), "$"),
    (wire("a", "=", "x" * 10_000_000), "$"),
    (group(*[FINE] * 200_000), "$"),
    (group(FINE, junk=json.loads("[" * 150 + "]" * 150)), "$"),
]


def named(case: object) -> str:
    return str(case)[:60]


def write(tree: object) -> str:
    """json.dumps for trees that are deeper than it can go."""
    tail = ""
    text = ""
    while (
        isinstance(tree, dict) and isinstance(rules := tree.get("rules"), list) and len(rules) == 1
    ):
        if not isinstance(rules[0], dict) or "rules" not in rules[0]:
            break
        text += json.dumps({**tree, "rules": []})[:-2]
        tail, tree = "]}" + tail, rules[0]
    return text + json.dumps(tree) + tail


@pytest.mark.parametrize(("tree", "path"), REFUSED, ids=map(named, range(len(REFUSED))))
def test_both_refuse_with_the_same_path(asking: Audience, tree: Any, path: str) -> None:
    # Not `of`, which takes more than the wire: a line of text, say.
    with pytest.raises(InvalidRules) as caught:
        Rules.from_wire(tree)
    assert caught.value.path == path
    assert asking.refusal(write(tree)) == (path, caught.value.reason)


@pytest.mark.parametrize(
    ("tree", "path"),
    [
        (wire("a", "=", NUL), VALUE),
        (wire("a", "in", ["fine", SURROGATE]), f"{VALUE}[1]"),
        (wire(NUL, "=", 1), "$.rules[0].field"),
        (group(FINE, id=SURROGATE), "$.id"),
        (group({**FINE, NUL: 1}), "$.rules[0]"),
        (group({1: 2}), "$.rules[0]"),
        (wire("a", "=", float("nan")), VALUE),
        (wire("a", "between", [0, float("inf")]), f"{VALUE}[1]"),
        (wire("a", "=", 1 << 1024), VALUE),
        (wire("a", "=", 10**5000), VALUE),
        (wire("a", "=", date(2024, 1, 1)), VALUE),
        (wire("a", "=", Decimal(1)), VALUE),
        (wire("a", "=", {1}), VALUE),
    ],
    ids=map(named, range(13)),
)
def test_python_refuses_what_json_or_postgresql_cannot_hold(tree: Any, path: str) -> None:
    with pytest.raises(InvalidRules) as caught:
        Rules.of(tree)
    assert caught.value.path == path


def test_a_number_beyond_a_double_is_refused_by_the_database(asking: Audience) -> None:
    text = json.dumps(wire("a", "=", 0)).replace('"value": 0', '"value": 1e400')
    assert asking.refusal(text) == (VALUE, "is too large a number")


@pytest.mark.parametrize(
    "timezone", ["", "PST", "EST5EDT", "XYZ+3", "Foo/Bar3", "Nope/Nope", "../x"]
)
def test_time_zones_other_than_iana_names_are_refused(asking: Audience, timezone: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        everyone().matches({}, timezone=timezone)
    assert asking.refusal(json.dumps(everyone().to_wire()), timezone) == (
        "timezone",
        caught.value.reason,
    )
    assert caught.value.path == "timezone"


@pytest.mark.parametrize("timezone", ["UTC", "Etc/GMT+5", "America/Port-au-Prince", "Asia/Kolkata"])
def test_iana_names_are_taken(asking: Audience, timezone: str) -> None:
    assert everyone().matches({}, timezone=timezone)
    assert asking.refusal(json.dumps(everyone().to_wire()), timezone) is None


def test_what_postgresql_can_not_even_read_is_refused_by_it(asking: Audience) -> None:
    with pytest.raises(psycopg.errors.StatementTooComplex):
        asking.connection.execute("select %s::jsonb", [write(nested(10_000))])


def test_the_limits_themselves_are_fine(asking: Audience) -> None:
    room = 262_144 - len(json.dumps(group({**FINE, "value": ""})))
    largest = group({**FINE, "value": "x" * room})
    crowded = group(*[{**FINE, "value": n} for n in range(5_000)])
    listed = nested(31, counted({"mode": "some"}, FINE)["rules"][0])
    often = group(*event("type", "=", "click")["rules"] * 32)
    for tree in (nested(32), listed, largest, crowded, often):
        assert asking.refusal(json.dumps(tree)) is None
        Rules.of(tree)
    assert asking.refusal(json.dumps(group({**FINE, "value": "x" * (room + 1)})))
    with pytest.raises(InvalidRules, match="256 kB"):
        Rules.of(group({**FINE, "value": "x" * (room + 1)}))


def test_expressions_can_not_outgrow_the_limits() -> None:
    def grow(levels: int) -> Rules:
        rules = field("a") == 1
        for _ in range(levels):
            rules = ~(rules & (field("b") < 1))
        return rules

    assert grow(31).to_wire()
    with pytest.raises(InvalidRules, match="32 groups"):
        grow(33)
    wide = field("a").in_(range(20_000))
    with pytest.raises(InvalidRules, match="256 kB"):
        (wide & wide & wide).to_wire()


@pytest.mark.parametrize(
    ("build", "path"),
    [
        (lambda: field(""), "$.rules[0].field"),
        (lambda: field("a") == datetime(2024, 1, 1), VALUE),
        (lambda: field("a").in_([]), VALUE),
        (lambda: field("a").in_("text"), VALUE),
        (lambda: field("a").between(2, 1), VALUE),
        (lambda: field("a").contains(""), VALUE),
        (lambda: field("a") == float("nan"), VALUE),
        (lambda: field("a") == Decimal("Infinity"), VALUE),
        (lambda: field("a") == Decimal("1e999"), VALUE),
        (lambda: field("a") == Decimal("1e-999"), VALUE),
        (lambda: field("a") == 10**400, VALUE),
        (lambda: field("a") == NUL, VALUE),
        (lambda: field("a").in_([1, SURROGATE]), f"{VALUE}[1]"),
        (lambda: field("a") == None, VALUE),  # noqa: E711
        (lambda: field("a") == object(), VALUE),
        (lambda: field("a") < "2024-01-01T10:00", VALUE),
        (lambda: field("a").within_last(days=-1), f"{VALUE}.offset"),
        (lambda: field("a").within_last(years=1001), f"{VALUE}[0].offset"),
        (lambda: field("a").within_next(years=1001), f"{VALUE}[1].offset"),
        (lambda: field("a") == "~", VALUE),
        (lambda: ~(field("a") < "20/11/2026"), VALUE),
        (lambda: field("a").not_between("a", "b"), f"{VALUE}[0]"),
        (lambda: field("created_at") > 5, VALUE),
        (lambda: field("email") > "a", VALUE),
    ],
    ids=map(named, range(24)),
)
def test_the_builder_refuses_where_it_stands(build: Any, path: str) -> None:
    with pytest.raises(InvalidRules) as caught:
        build()
    assert caught.value.path == path


def test_what_only_a_page_needs_is_harmless(asking: Audience) -> None:
    page = {"id": "r1", "path": [0], "disabled": True, "muted": False, "meta": {"colour": "red"}}
    tree = group({**FINE, **page}, **page)
    assert asking.refusal(json.dumps(tree)) is None
    assert Rules.of(tree) == (field("a") == 1)
    assert Rules.of(wire("a", "null", "~")) == field("a").is_null()


def test_rules_are_not_truth_values() -> None:
    rules = field("a") > 1
    for attempt in (
        lambda: bool(rules),
        lambda: rules and rules,
        lambda: not rules,
        lambda: 1 < field("a") < 5,
        lambda: bool(field("a")),
    ):
        with pytest.raises(TypeError, match="rule"):
            attempt()


@pytest.mark.parametrize("spans", [{}, {"days": 0}, {"days": 1, "hours": 1}])
def test_a_span_has_exactly_one_unit(spans: dict[str, int]) -> None:
    with pytest.raises(TypeError, match="exactly one"):
        field("a").within_last(**spans)


def test_a_naive_moment_of_evaluation_is_refused() -> None:
    with pytest.raises(InvalidInput, match="as_of"):
        everyone().matches({}, as_of=datetime(2024, 1, 1))
    assert everyone().matches({}, as_of=datetime(2024, 1, 1, tzinfo=UTC))


def test_a_table_refuses_bad_rules_whoever_writes_them(db: psycopg.Connection) -> None:
    with db.transaction(force_rollback=True):
        db.execute("create table public.ruled (rules jsonb, timezone text)")
        db.execute(
            "create trigger check_rules before insert or update on public.ruled "
            "for each row execute function campaign_private.check_rules()"
        )
        insert = "insert into public.ruled values (%s::jsonb, %s)"
        db.execute(insert, [None, None])
        db.execute(insert, [json.dumps(group(FINE)), "Asia/Kolkata"])
        for row in ([json.dumps(EMPTY), "UTC"], [json.dumps(group(FINE)), "PST"]):
            with pytest.raises(psycopg.Error) as caught, db.transaction():
                db.execute(insert, row)
            assert caught.value.sqlstate == "CMP03"
            assert caught.value.diag.message_detail in ("$.rules", "timezone")
