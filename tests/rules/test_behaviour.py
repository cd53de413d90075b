"""What people did, as rules: how it is written, what it means, and what is refused."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from campaign_sdk import InvalidInput, InvalidRules, Rules, did, everyone, field, received
from campaign_sdk.rules._behaviour import Deed, Outcome
from campaign_sdk.rules._scopes import OUTCOMES, TYPES
from campaign_sdk.rules._sense import check_sense

from .conftest import Audience
from .doings import CAMPAIGNS

SPRING = uuid.UUID(CAMPAIGNS[0])
AUTUMN = uuid.UUID(CAMPAIGNS[1][:-1] + "a")
NOON = "2024-05-31T12:00:00+00:00"
orders = field("orders")

SPAN = [
    {"mode": "relative", "anchor": "startOfDay", "offset": -30, "unit": "day"},
    {"mode": "relative", "anchor": "now", "offset": 0, "unit": "day"},
]


def leaf(name: str, operator: str, value: Any) -> dict[str, Any]:
    return {"field": name, "operator": operator, "value": value, "valueSource": "value"}


def counted(name: str, match: dict[str, Any], *rules: Any) -> dict[str, Any]:
    inner = {"combinator": "and", "not": False, "rules": list(rules)}
    rule = {"field": name, "operator": "=", "value": inner, "valueSource": "value", "match": match}
    return {"combinator": "and", "not": False, "rules": [rule]}


CLICK = leaf("type", "=", "click")
OVER = leaf("total", ">", 50)

WRITTEN: list[tuple[Rules, dict[str, Any], str]] = [
    (did("click"), counted("events", {"mode": "some"}, CLICK), "clicked"),
    (~did("click"), counted("events", {"mode": "none"}, CLICK), "not clicked"),
    (
        did("click", campaign=SPRING, within_last=timedelta(days=30), at_least=2),
        counted("events", {"mode": "atLeast", "threshold": 2}, CLICK,
                leaf("campaign_id", "=", str(SPRING)), leaf("occurred_at", "between", SPAN)),
        f'clicked "{SPRING}" at least 2 times within last 30 days',
    ),
    (
        did("impression", at_most=1, where=field("actor") == "human"),
        counted("events", {"mode": "atMost", "threshold": 1}, leaf("type", "=", "impression"),
                leaf("actor", "=", "human")),
        'at most 1 of events (type is "impression" and actor is "human")',
    ),
    (
        received(SPRING, variant="short"),
        counted("deliveries", {"mode": "some"}, leaf("outcome", "=", "sent"),
                leaf("variant", "=", "short"), leaf("campaign_id", "=", str(SPRING))),
        f'some of deliveries (outcome is "sent" and variant is "short" '
        f'and campaign_id is "{SPRING}")',
    ),
    (~received(str(SPRING).upper()), counted("deliveries", {"mode": "none"},
        leaf("outcome", "=", "sent"), leaf("campaign_id", "=", str(SPRING))),
        f'not received "{SPRING}"'),
    (orders.at_least(2, field("total") > 50),
     counted("orders", {"mode": "atLeast", "threshold": 2}, OVER),
     "at least 2 of orders (total > 50)"),
    (orders.at_most(0.5, field("total") > 50),
     counted("orders", {"mode": "atMost", "threshold": 0.5}, OVER),
     "at most 0.5 of orders (total > 50)"),
    (orders.exactly(3.0, field("total") > 50),
     counted("orders", {"mode": "exactly", "threshold": 3}, OVER),
     "exactly 3 of orders (total > 50)"),
    (orders.all_(field("total") > 50), counted("orders", {"mode": "all"}, OVER),
     "all of orders (total > 50)"),
    (orders.none(field("total") > 50), counted("orders", {"mode": "none"}, OVER),
     "none of orders (total > 50)"),
    (orders.some(field("email") == "x"),
     counted("orders", {"mode": "some"}, leaf("email", "=", "x")),
     'some of orders (email is "x")'),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "wire", "text"), WRITTEN, ids=[row[2] for row in WRITTEN])
def test_every_form_says_the_same(rules: Rules, wire: Any, text: str) -> None:
    assert rules.to_wire() == wire
    assert Rules.of(wire) == rules
    assert rules.explain() == text
    assert Rules.parse(text) == rules


def test_without_rules_everything_counts() -> None:
    rules = orders.at_least(2)
    assert rules.explain() == "at least 2 of orders"
    assert Rules.parse("at least 2 of orders") == rules == Rules.of(rules.to_wire())
    assert rules.matches({"orders": [1, None]})
    assert not rules.matches({"orders": [1]})


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ('never received "Spring"', 'not received "Spring"'),
        ('clicked within last 30 days "x"', None),
        ("clicked within last 30 days at least 2 times",
         "clicked at least 2 times within last 30 days"),
        ("opened exactly 1 time and not converted", None),
        ("not (bounced or complained or unsubscribed or delivered)", None),
        ("`clicked` is true", None),
        ("clicked is true", "`clicked` is true"),
        ("converted >= 3", "`converted` >= 3"),
        ("some is 5", "`some` is 5"),
        ('all of tags (`` begins with "a")', None),
        ('some of orders (some of items (sku is "a") and total > 5)', None),
        ('none of events (campaign_id in ("Spring", "Autumn") or link is missing)', None),
        ("exactly 0.25 of deliveries (at within last 2 weeks)", None),
    ],
)  # fmt: skip
def test_text_is_read_and_written_back(text: str, same: str | None) -> None:
    if text.endswith('"x"'):
        with pytest.raises(InvalidRules, match="column 29"):
            Rules.parse(text)
        return
    rules = Rules.parse(text)
    assert rules.explain() == (same or text)
    assert Rules.parse(rules.explain()) == rules


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("clicked not within last 3 days", "column 9: write `not clicked within last"),
        ("clicked at least two times", "column 18: expected a number"),
        ("some of events (foo = 1)", "column 17.*must be one of type, campaign_id"),
        ('some of events (type is "clicked")', "column 17.*must be one of impression"),
        ("events is missing", "say how many of it match"),
        ("at least 1.5 of orders", "column 10: must be a whole number"),
        ("some of email (a = 1)", "column 9: `email` is no list"),
        ("some of orders (total > 5", r"column 26: expected and, or, or \)"),
        ('Clicked "Spring"', "write clicked in small letters"),
        ("clicked within last 30", "column 23: expected one of minute"),
        ("some of events (campaign_id > 3)", "can't be asked of an id"),
        ("some of events (value > 2026-01-01)", "must be a number"),
    ],
)
def test_text_that_isnt_understood_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(InvalidRules, match=says):
        Rules.parse(text)


def test_the_words_are_the_databases() -> None:
    assert get_args(Deed) == TYPES
    assert get_args(Outcome) == OUTCOMES


@pytest.mark.parametrize(
    "build",
    [
        lambda: did("open"),  # type: ignore[arg-type]
        lambda: received(outcome="delivered"),  # type: ignore[arg-type]
        lambda: did("click", at_least=-1),
        lambda: did("click", at_least=True),
        lambda: did("click", where=field("foo") == 1),
        lambda: did("click", where=field("value") > "2026-01-01"),
        lambda: field("email").some(field("x") == 1),
        lambda: field("events") == 1,
        lambda: field("events").exists(),
        lambda: orders.at_least(1.5),
        lambda: orders.at_least(float("nan")),
        lambda: did("click", campaign="Spring").to_wire(),
    ],
)
def test_what_cant_be_asked_is_refused_where_it_stands(build: Any) -> None:
    with pytest.raises(InvalidRules):
        build()


def test_one_bound_and_whole_minutes() -> None:
    with pytest.raises(TypeError, match="one of at_least"):
        did("click", at_least=1, at_most=2)
    with pytest.raises(InvalidInput, match="whole minutes"):
        did("click", within_last=timedelta(seconds=90))
    with pytest.raises(InvalidInput, match="whole minutes"):
        did("click", within_last=timedelta())
    hours = did("click", within_last=timedelta(hours=36))
    assert hours == Rules.parse("clicked within last 36 hours")
    assert did("click", within_last=timedelta(minutes=5)).explain() == (
        "clicked within last 5 minutes"
    )


def test_a_named_campaign_takes_its_id_before_it_is_asked() -> None:
    rules = did("click", campaign="Spring") & ~received("Autumn")
    assert rules.campaigns == ("Spring", "Autumn")
    assert repr(rules) == '<Rules: clicked "Spring" and not received "Autumn">'
    assert rules == Rules.parse(rules.explain())
    for ask in (rules.to_wire, lambda: rules.matches({})):
        with pytest.raises(InvalidRules, match="'Spring'"):
            ask()
    known = rules.with_campaigns({"Spring": SPRING, "Autumn": str(AUTUMN)})
    assert known.campaigns == ()
    assert known == did("click", campaign=SPRING) & ~received(AUTUMN)


def test_fields_are_those_of_the_contact() -> None:
    rules = did("click") & orders.at_most(2, field("total") > 5) & orders.some(field("sku") == "a")
    assert rules.fields == ("events", "orders")
    assert rules.negative_fields == ("orders",)
    assert (~rules).negative_fields == ("events", "orders")


def test_deep_lists_are_refused_as_deep_groups_are() -> None:
    rules = field("a") == 1
    for _ in range(30):
        rules = field("list").some(rules)
    assert Rules.of(rules.to_wire()) == rules
    with pytest.raises(InvalidRules, match="32 groups"):
        field("list").some(field("list").some(rules)).to_wire()


def test_sense_knows_that_none_is_not_some() -> None:
    assert check_sense((did("click") | ~did("click")).to_wire()) == "they are true of everybody"
    assert check_sense((did("click") & ~did("conversion")).to_wire()) is None


# what it means ------------------------------------------------------------------------

PEOPLE: list[dict[str, Any]] = [
    {"attributes": {"orders": [{"total": 60}, {"total": 70}, {"total": 5}]}},
    {"attributes": {"orders": [{"total": 60}, {"total": 5}]}},
    {"attributes": {"orders": []}},
    {"attributes": {"orders": {"total": 60}}},
    {"attributes": {}},
    {
        "attributes": {
            "orders": [{"total": 60}, {"total": 60}],
            "tags": ["a", "ab", 5, [5]],
            "nested": [{"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}]}],
        }
    },
]
EVENTS: list[dict[str, Any]] = [
    {"contact": contact, "campaign_id": str(campaign), "type": kind, "occurred_at": moment,
     "value": value, "link": None, "actor": actor}
    for contact, campaign, kind, moment, value, actor in [
        (0, SPRING, "click", "2024-05-05T10:00:00Z", None, "human"),
        (0, SPRING, "click", "2024-04-05T10:00:00Z", None, "machine"),
        (0, AUTUMN, "conversion", "2024-05-05T10:00:00Z", 20, "unknown"),
        (1, AUTUMN, "click", "2024-05-31T12:00:00Z", None, "unknown"),
        (2, AUTUMN, "click", "2024-05-31T12:00:00.000001Z", None, "human"),
        (None, SPRING, "click", "2024-05-05T10:00:00Z", None, "human"),
    ]
]  # fmt: skip
DELIVERIES: list[dict[str, Any]] = [
    {"contact": 0, "campaign_id": str(SPRING), "outcome": "sent", "variant": "a",
     "at": "2024-05-01T00:00:00Z"},
    {"contact": 1, "campaign_id": str(SPRING), "outcome": "failed", "variant": None,
     "at": "2024-05-01T00:00:00Z"},
]  # fmt: skip
ALL = {0, 1, 2, 3, 4, 5}
total = field("total") > 50
MEANT: list[tuple[Rules, set[int]]] = [
    (orders.some(total), {0, 1, 5}),
    (orders.none(total), {2, 3, 4}),
    (orders.all_(total), {5}),
    (~orders.all_(total), ALL - {5}),
    (orders.at_least(2, total), {0, 5}),
    (orders.at_least(0, total), ALL),
    (orders.at_most(1, total), ALL - {0, 5}),
    (orders.at_most(0, total), {2, 3, 4}),
    (orders.exactly(1, total), {1}),
    (orders.exactly(0, total), {2, 3, 4}),
    (orders.at_least(0.6, total), {0, 5}),
    (orders.at_most(0.6, total), {1, 2, 3, 4}),
    (orders.exactly(0.5, total), {1}),
    (field("tags").at_least(2, Rules.of(
        {"combinator": "and", "rules": [leaf("x", "null", None)]})), {5}),
    (Rules.parse("exactly 1 of tags (`` = 5)"), {5}),
    (Rules.parse("exactly 1 of nested (at least 2 of a (b >= 1))"), {5}),
    (Rules.parse("some of nested (a is missing or none of a (b = 1))"), set()),
    (did("click"), {0, 1}),
    (did("click", at_least=0), ALL),
    (did("click", exactly=0), ALL - {0, 1}),
    (did("click") | orders.some(total), {0, 1, 5}),
    (~did("click"), ALL - {0, 1}),
    (did("click", at_least=2), {0}),
    (did("click", within_last=timedelta(days=30)), {0, 1}),
    (did("click", at_least=2, within_last=timedelta(days=30)), set()),
    (did("click", campaign=SPRING, where=field("actor") == "human"), {0}),
    (did("click", where=field("actor") == "unknown"), {1}),
    (did("conversion", where=field("value") >= 20), {0}),
    (did("conversion", where=field("value") > 20), set()),
    (field("events").all_(field("type") == "click"), {1}),
    (field("events").at_least(0.7, field("type") == "click"), {1}),
    (field("events").at_most(2), ALL - {0}),
    (received(), {0}),
    (~received(SPRING), ALL - {0}),
    (received(outcome="failed"), {1}),
    (received(SPRING, variant="a"), {0}),
    (did("click") & ~did("conversion"), {1}),
    (did("click", campaign=AUTUMN) | received(SPRING), {0, 1}),
    (everyone() & ~(did("click") | orders.some(total)), {2, 3, 4}),
]  # fmt: skip


def test_the_database_counts_and_pages_what_is_meant(asking: Audience) -> None:
    asking.fill(PEOPLE)
    asking.happen(EVENTS, DELIVERIES)
    trees = [rules.to_wire() for rules, _ in MEANT]
    assert asking.members(trees, NOON) == [members for _, members in MEANT]
    assert asking.sizes(trees, NOON) == [len(members) for _, members in MEANT]
    for tree in trees:
        rows = asking.connection.execute(
            "select alone from public.audience_funnel(%s::jsonb, %s) order by step",
            [json.dumps(tree), NOON],
        ).fetchall()
        assert len(rows) == (1 if tree["not"] else len(tree["rules"]))


def test_python_counts_what_is_meant() -> None:
    people = [{**person, "id": n} for n, person in enumerate(PEOPLE)]
    events = [{**event, "contact_id": event["contact"]} for event in EVENTS]
    deliveries = [{**each, "contact_id": each["contact"]} for each in DELIVERIES]
    noon = datetime.fromisoformat(NOON)
    for rules, members in MEANT:
        found = rules.filter(people, noon, events=iter(events), deliveries=iter(deliveries))
        assert {person["id"] for person in found} == members, rules
        alone = {
            person["id"]
            for person in people
            if rules.matches(person, noon, events=events, deliveries=deliveries)
        }
        assert alone == members, rules


def test_one_contact_may_leave_out_whose_events_they_are() -> None:
    click = {"type": "click", "occurred_at": datetime(2024, 1, 1, tzinfo=UTC)}
    assert did("click").matches({}, events=[click])
    assert did("click").matches({}, events=[{**click, "contact_id": SPRING}])
    assert did("click").matches({"id": SPRING}, events=[click])
    assert not did("click").matches({"id": SPRING}, events=[{**click, "contact_id": AUTUMN}])
    assert not did("click").matches({"id": SPRING}, events=[{**click, "contact_id": None}])
    assert list(did("click").filter([{}, {"id": SPRING}], events=[click])) == []
    assert did("click", where=field("actor") == "unknown").matches({}, events=[click])


def test_a_share_is_exact() -> None:
    """In binary, three tenths of ten are more than three."""
    tens = {"x": [{"a": n < 3} for n in range(10)]}
    assert field("x").at_least(0.3, field("a") == True).matches(tens)  # noqa: E712
    assert field("x").exactly(0.3, field("a") == True).matches(tens)  # noqa: E712


# how it is asked ------------------------------------------------------------------------


def plan_of(asking: Audience, rules: Rules, joined: bool) -> str:
    """The plan of a page, or of a count, of rules about behaviour."""
    wire = json.dumps(rules.to_wire())
    compiled = asking.connection.execute(
        "select campaign_private.compile_rules(%s::jsonb, now(), 'UTC', %s), "
        "campaign_private.behaviour_joins(%s::jsonb, now(), 'UTC')",
        [wire, joined, wire],
    ).fetchone()
    assert compiled is not None
    predicate, joins = compiled
    shape = f"{joins} where c.user_id = '{asking.user}' and {predicate}" if joined else (
        f"where c.user_id = '{asking.user}' and case when {predicate} then true end "
        "order by c.id limit 100"
    )  # fmt: skip
    query = f"explain select c.id from public.contacts as c {shape}".replace("%", "%%")
    return "\n".join(row[0] for row in asking.connection.execute(query).fetchall())


def test_a_count_joins_and_a_page_looks_up(asking: Audience) -> None:
    asking.fill(PEOPLE)
    asking.happen(EVENTS, DELIVERIES)
    rules = ~received(SPRING) & ~did("click") & did("conversion", at_least=2)
    counted_plan, page_plan = plan_of(asking, rules, True), plan_of(asking, rules, False)
    assert "SubPlan" not in counted_plan
    assert "Join" in counted_plan or "Nested Loop" in counted_plan
    assert page_plan.count("SubPlan") >= 3
    assert "hashed" not in page_plan
    assert "Join" not in page_plan


def test_pages_of_a_few_among_many_follow_each_other(asking: Audience) -> None:
    """They are found by what they did, in rounds of a growing number of candidates."""
    asking.fill([{"attributes": {"n": n}} for n in range(700)])
    clicks = [
        {**EVENTS[0], "contact": n, "occurred_at": "2024-05-05T10:00:00Z"}
        for n in range(0, 700, 2)
        for _ in range(1 + (n % 3 == 0))
    ]
    asking.happen(clicks, DELIVERIES)
    even = did("click")
    for rules, wanted in [
        (even, 350),
        (even & (field("n") >= 690), 5),
        (did("click", at_least=2), 117),
        (did("click", campaign=SPRING) & even & (field("n") < 0), 0),
        (did("click", campaign=AUTUMN) | did("click", campaign=SPRING, at_least=2), 117),
        (even | received(), 350),
    ]:
        after, seen = None, list[Any]()
        while True:
            rows = asking.connection.execute(
                "select id from public.match_contacts(%s::jsonb, %s, 'UTC', %s, 40)",
                [json.dumps(rules.to_wire()), NOON, after],
            ).fetchall()
            if not rows:
                break
            assert len(rows) <= 40
            seen += [row[0] for row in rows]
            after = seen[-1]
        assert seen == sorted(set(seen))
        assert len(seen) == wanted == asking.sizes([rules.to_wire()], NOON)[0], rules
        (members,) = asking.members([rules.to_wire()], NOON)
        assert {asking.numbers[key] for key in seen} == members


def test_an_element_has_names_of_its_own() -> None:
    """Nothing in it is a column, or stands for the attributes; `""` is all of it."""
    tags = {"tags": ["ab", "ac", {"attributes": {"x": 1}, "email": 5}]}
    assert Rules.parse('exactly 2 of tags (`` begins with "a")').matches(tags)
    assert Rules.parse("exactly 1 of tags (attributes.x is 1 and email > 4)").matches(tags)


def test_ids_are_read_in_any_case() -> None:
    shouted = counted("events", {"mode": "some"}, leaf("campaign_id", "=", str(AUTUMN).upper()))
    assert Rules.of(shouted).to_wire()["rules"][0]["value"]["rules"][0]["value"] == str(AUTUMN)


def test_a_share_of_events_is_no_number_of_times() -> None:
    half = field("events").at_least(0.5, field("type") == "click")
    assert half.explain() == 'at least 0.5 of events (type is "click")'
    assert Rules.parse(half.explain()) == half
