"""The attributes of a class are fields of rules, and its instances are ordinary."""

from __future__ import annotations

import operator
import pickle
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import pytest
from pydantic import Field, ValidationError

from campaign_sdk import Attributes, InvalidInput, InvalidRules, Rules, field

from .customer import Address, Customer, Tier

# What checkers take for the attribute's value is a field.
attribute: Any = Customer


@pytest.mark.parametrize(
    ("typed", "untyped"),
    [
        (attribute.orders >= 3, field("orders") >= 3),
        (attribute.orders == 2.5, field("orders") == 2.5),
        (attribute.plan == "pro", field("plan") == "pro"),
        (attribute.plan.in_(["free", "pro"]), field("plan").in_(["free", "pro"])),
        (attribute.tier == Tier.GOLD, field("tier") == "gold"),
        (attribute.tier.not_in([Tier.GOLD]), field("tier").not_in(["gold"])),
        (
            attribute.last_order_at.not_within_last(days=90),
            field("last_order_at").not_within_last(days=90),
        ),
        (attribute.last_order_at < "2026-01-31", field("last_order_at") < "2026-01-31"),
        (attribute.born == date(2000, 2, 29), field("born") == "2000-02-29"),
        (attribute.address.city.begins_with("P"), field("address.city").begins_with("P")),
        (attribute.address.post_code == "1", field("address.post code") == "1"),
        (attribute.work.city == "Pune", field("work.city") == "Pune"),
        (attribute.tags.contains("new"), field("tags").contains("new")),
        (attribute.spend.between(Decimal(1), 2), field("spend").between(1, 2)),
        (attribute.vip == True, field("vip") == True),  # noqa: E712 - a rule, not a test
        (attribute.email.exists(), field("attributes.email").exists()),
        (attribute.code == 7, field("code") == 7),
        (attribute.code == "7", field("code") == "7"),
        (attribute.work.exists(), field("work").exists()),
        (field(attribute.orders) >= 3, field("orders") >= 3),
        ((attribute.orders >= 3) & (attribute.vip == True),  # noqa: E712 - a rule
         (field("orders") >= 3) & (field("vip") == True)),  # noqa: E712 - a rule
    ],
)  # fmt: skip
def test_a_typed_rule_is_the_rule_of_its_name(typed: Rules, untyped: Rules) -> None:
    assert isinstance(typed, Rules)
    assert typed == untyped


@pytest.mark.parametrize(
    ("compare", "path", "reason"),
    [
        (lambda: attribute.orders >= "3", "", "is a text, and orders is a number"),
        (lambda: attribute.orders == True, "", "is true or false"),  # noqa: E712 - a rule
        (lambda: attribute.orders.in_([1, "2"]), "[1]", "is a text"),
        (lambda: attribute.orders.between(1, "2"), "[1]", "is a text"),
        (lambda: attribute.orders.within_last(days=3), "", "is a span of time, and orders is"),
        (lambda: attribute.plan == "gold", "", "plan is one of 'free', 'pro'"),
        (lambda: attribute.plan != 3, "", "is a number, and plan is a text"),
        (lambda: attribute.plan.not_in(["fre"]), "[0]", "plan is one of"),
        (lambda: attribute.tier == "bronze", "", "tier is one of 'silver', 'gold'"),
        (lambda: attribute.last_order_at > "soon", "", "is a text, and last_order_at is a date"),
        (lambda: attribute.last_order_at > 3, "", "is a number"),
        (lambda: attribute.tags.contains(3), "", "is a number, and tags is a text"),
        (lambda: attribute.work == "Pune", "", "work is an object"),
        (lambda: attribute.work.city == 3, "", "is a number, and work.city is a text"),
        (lambda: attribute.orders == attribute.orders, "", "must be a text, a number"),
        (lambda: attribute.plan.in_("free"), "", "must be a list of values"),
    ],
)  # fmt: skip
def test_what_an_attribute_cant_be_is_refused(compare: Any, path: str, reason: str) -> None:
    with pytest.raises(InvalidRules) as caught:
        compare()
    assert caught.value.path == f"$.rules[0].value{path}"
    assert reason in caught.value.reason


def test_what_isnt_there_is_an_attribute_error() -> None:
    for name in ("ordres", "_orders", "__wrapped__"):
        with pytest.raises(AttributeError):
            getattr(Customer, name)
        with pytest.raises(AttributeError):
            getattr(attribute.address, name)
    with pytest.raises(AttributeError):
        _ = attribute.orders.anything
    with pytest.raises(AttributeError):
        _ = cast(Any, Attributes).orders


@pytest.mark.parametrize("wrong", [True, False])
def test_a_real_bool_is_no_rule(wrong: bool) -> None:
    rule: Any = attribute.orders >= 3
    with pytest.raises(InvalidRules, match="says nothing about contacts"):
        Rules.of(wrong)
    for join in (operator.and_, operator.or_):
        with pytest.raises(TypeError):
            join(rule, wrong)
        with pytest.raises(TypeError):
            join(wrong, rule)
    with pytest.raises(InvalidRules, match="is no rule: compare a field"):
        Rules.of(attribute.vip)
    with pytest.raises(TypeError, match="neither true nor false"):
        _ = rule and attribute.plan == "pro"


def test_instances_are_ordinary() -> None:
    customer = Customer(orders=3)
    assert customer.orders == 3
    assert customer.address == Address()
    assert Customer.model_validate({"orders": "4"}).orders == 4
    assert pickle.loads(pickle.dumps(customer)) == customer
    assert not hasattr(customer, "nothing")
    with pytest.raises(ValidationError) as caught:
        Customer.model_validate({"orders": "a secret"})
    assert "a secret" not in str(caught.value)


def test_a_class_can_be_inherited_from() -> None:
    class Vip(Customer):
        orders: int = 10
        level: int | None = None

    vip: Any = Vip
    assert (vip.orders >= 3) == (field("orders") >= 3)
    assert (vip.level == 1) == (field("level") == 1)
    assert Vip().orders == 10
    assert Customer().orders == 0
    assert "level" not in Customer.model_fields


def test_classes_are_made_while_others_are_asked() -> None:
    asked: list[bool] = []

    def ask() -> None:
        for _ in range(300):
            asked.append((attribute.orders >= 3) == (field("orders") >= 3))

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    for number in range(30):
        type(f"Made{number}", (Customer,), {"__annotations__": {"orders": int}, "orders": 1})
    for thread in asking:
        thread.join()
    assert asked == [True] * 900


def test_a_name_of_pydantics_is_refused() -> None:
    with pytest.raises(TypeError, match="call it copy_"), pytest.warns(UserWarning, match="copy"):

        class Wrong(Attributes):
            copy: int = 0  # type: ignore[assignment]

    class Right(Attributes):
        copy_: int = Field(0, alias="copy")

    right: Any = Right
    assert (right.copy_ == 1) == (field("copy") == 1)


def test_a_name_that_rules_cant_write_is_refused() -> None:
    class Wrong(Attributes):
        hidden: int = Field(0, alias="")

    with pytest.raises(InvalidInput):
        _ = cast(Any, Wrong).hidden >= 3


def test_rules_say_the_same_to_the_evaluator() -> None:
    people = [{"orders": n, "last_order_at": datetime(2026, 1, n, tzinfo=UTC)} for n in (1, 2, 3)]
    assert list(Rules.of(attribute.orders >= 3).filter(people)) == people[2:]
