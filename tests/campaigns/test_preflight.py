"""What a pre-flight finds, before anybody else does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from campaign_sdk import (
    AudienceSize,
    CampaignClient,
    IllegalTransition,
    InvalidInput,
    NotReady,
    Preflight,
    StaleState,
    Variant,
    everyone,
    field,
)
from campaign_sdk.campaigns._preflight import _size_problems

PUNE = field("city") == "Pune"
LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def people(ann: CampaignClient) -> CampaignClient:
    """Ann with three contacts in Pune, one of whom has no name and one an empty one."""
    ann.contacts.upsert(
        [
            {"email": "a@example.com", "attributes": {"city": "Pune", "name": "A"}},
            {"email": "b@example.com", "attributes": {"city": "Pune", "name": ""}},
            {"email": "c@example.com", "attributes": {"city": "Pune"}},
        ]
    )
    return ann


def problems(preflight: Preflight) -> list[tuple[str, str, int | None]]:
    return [(each.severity, each.path, each.contacts) for each in preflight.problems]


def inspected(client: CampaignClient, **campaign: Any) -> Preflight:
    made = client.campaigns.create("x", **campaign)
    found = client.campaigns.preflight(made.id)
    assert client.campaigns.get(made.id) == made.model_copy(update={"warnings": ()})
    return found


def test_all_is_well(people: CampaignClient) -> None:
    message = 'Hi {{ name | default: "there" }} of {{ city }}, {{ email }}'
    found = inspected(people, message=message, rules=PUNE)
    assert found.ok
    assert found.problems == ()
    assert found.audience is not None
    assert found.audience.reachable == 3


def test_nothing_is_there_yet(people: CampaignClient) -> None:
    found = inspected(people)
    assert not found.ok
    assert found.audience is None
    assert problems(found) == [("error", "rules", None), ("error", "message", None)]


@pytest.mark.parametrize("rules", [field("city") == "Delhi", ~everyone()], ids=repr)
def test_nobody_would_get_it(people: CampaignClient, rules: Any) -> None:
    assert problems(inspected(people, message="Hi", rules=rules)) == [("error", "rules", 0)]


def test_everybody_has_unsubscribed(people: CampaignClient) -> None:
    for contact in people.contacts.iterate():
        people.contacts.unsubscribe(contact.id)
    found = inspected(people, message="Hi", segment_id=people.segments.create("x", PUNE).id)
    assert problems(found) == [("error", "rules", 0)]
    assert found.audience is not None
    assert found.audience.count == 3


def test_a_placeholder_that_no_contact_has(people: CampaignClient) -> None:
    found = inspected(people, message="Hi {{ nmae }}", rules=PUNE)
    assert problems(found) == [("error", "message", None)]
    assert "name" in found.problems[0].reason


def test_contacts_that_lack_what_the_message_needs(people: CampaignClient) -> None:
    found = inspected(people, message="Hi {{ name }} of {{ city }}", rules=PUNE)
    assert problems(found) == [("error", "message.name", 2)]
    assert not found.ok


def test_who_may_not_be_written_to_doesnt_count(people: CampaignClient) -> None:
    for contact in people.contacts.iterate():
        if not contact.attributes.get("name"):
            people.contacts.unsubscribe(contact.id)
    found = inspected(people, message="Hi {{ name }}", rules=PUNE)
    assert problems(found) == []
    assert found.audience is not None
    assert (found.audience.count, found.audience.reachable) == (3, 1)


def test_values_that_a_filter_cant_use(ann: CampaignClient) -> None:
    ann.contacts.upsert(
        [
            {"email": "a@example.com", "attributes": {"at": "2026-11-20", "spent": 12.5}},
            {"email": "b@example.com", "attributes": {"at": "20.11.2026", "spent": "n/a"}},
            {"email": "c@example.com", "attributes": {"at": "2026-02-30", "spent": True}},
            {"email": "d@example.com", "attributes": {"at": " ", "spent": [1]}},
        ]
    )
    text = '{{ at | date: "%-d %B" }} {{ spent | round: 2 }}'
    found = inspected(ann, message=text, rules=everyone())
    assert problems(found) == [
        ("error", "message.at", 1),
        ("error", "message.at", 2),
        ("error", "message.spent", 2),
        ("error", "message.spent", 1),
    ]
    assert "is no date, and `date` can't show it" in found.problems[1].reason
    text = '{{ at | date: "%-d %B" | default: "lately" }} {{ spent | round: 2 | default: "0" }}'
    found = inspected(ann, message=text, rules=everyone())
    assert problems(found) == [
        ("warning", "message.at", 2),
        ("warning", "message.spent", 2),
        ("error", "message.spent", 1),
    ]


def test_lists_and_objects_are_for_no_message(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": "a@example.com", "attributes": {"x": {"y": 1}, "z": ["a"]}}])
    text = '{{ x | default: "?" }} {{ z | upcase | default: "?" }} {{ x.y }}'
    found = inspected(ann, message=text, rules=everyone())
    assert problems(found) == [("error", "message.x", 1), ("error", "message.z", 1)]


def test_a_message_that_is_nothing_for_some(ann: CampaignClient) -> None:
    ann.contacts.upsert(
        [{"email": "a@example.com", "attributes": {"note": "Hello"}}, {"email": "b@example.com"}]
    )
    campaign = ann.campaigns.create("x", message='{{ note | default: "" }}', rules=everyone())
    assert problems(ann.campaigns.preflight(campaign.id)) == [("warning", "message", 1)]
    left_out: list[str] = []
    rendered = ann.campaigns.render_audience(
        campaign.id, on_problem=lambda contact, _: left_out.append(contact.email)
    )
    assert [(contact.email, text) for contact, text in rendered] == [("a@example.com", "Hello")]
    assert left_out == ["b@example.com"]
    with pytest.raises(InvalidInput, match="is empty for this contact"):
        ann.campaigns.render(campaign.id, {"email": "b@example.com"})


def test_a_message_that_is_nothing_for_anybody(ann: CampaignClient) -> None:
    ann.contacts.upsert([{"email": "a@example.com", "attributes": {"note": ""}}])
    found = inspected(ann, message='{{ note | default: " " }}', rules=everyone())
    assert problems(found) == [("error", "message", 1)]


def test_a_campaign_whose_variants_bring_the_messages_has_one(people: CampaignClient) -> None:
    both = [Variant("short", message="A"), Variant("story", html="<p>B</p>", subject="S")]
    found = inspected(people, rules=PUNE, variants=both)
    assert problems(found) == []
    one = [both[0], Variant("story", subject="S")]
    assert problems(inspected(people, rules=PUNE, variants=one)) == [("error", "message", None)]
    assert problems(inspected(people, message="C", rules=PUNE, variants=one)) == []


def test_a_variant_that_cant_be_sent_as_an_email(people: CampaignClient) -> None:
    pages = [Variant("short", message="A"), Variant("story", html="<p>B</p>")]
    found = inspected(people, rules=PUNE, variants=pages)
    assert problems(found) == [("warning", "subject", None)]
    assert problems(inspected(people, subject="S", rules=PUNE, variants=pages)) == []


def test_a_launch_asks_the_preflight_of_variants_too(people: CampaignClient) -> None:
    texts = [Variant("short", message="{{ nmae }}"), Variant("story", message="B")]
    campaign = people.campaigns.create("T", rules=PUNE, variants=texts)
    with pytest.raises(NotReady, match="nmae"):
        people.campaigns.launch(campaign.id)


def test_every_text_of_a_campaign_is_looked_at(people: CampaignClient) -> None:
    found = inspected(
        people,
        message="Hi",
        subject="{{ name }}: {{ nmae }}",
        preheader="For {{ name }}",
        html='<p>{{ name | default: "" }}</p><style>{color}</style>',
        rules=PUNE,
    )
    assert [path for severity, path, _ in problems(found) if severity == "error"] == [
        "subject",
        "preheader.name",
    ]
    assert problems(found)[-1] == ("warning", "html", 2)


def test_placeholders_of_other_programs_are_named(people: CampaignClient) -> None:
    for piece in ("*|FNAME|*", "%FIRSTNAME%", "{contactfield=first_name}", "[Name,fallback=]"):
        found = inspected(people, message=f"Hi {piece}", rules=PUNE)
        assert problems(found) == [("warning", "message", None)]
        assert piece in found.problems[0].reason
        assert found.ok


@pytest.mark.parametrize(
    ("rules", "severity"),
    [
        (field("cuontry") != "DE", "error"),
        (field("cuontry").is_null(), "error"),
        (field("COUNTRY") != "DE", "error"),
        (~(field("cuontry").contains("DE")), "error"),
        (~((field("cuontry") == "DE") & (field("city") == "Pune")), "error"),
        (~~(field("cuontry") != "DE") | (field("city") == "Pune"), "error"),
        ((field("cuontry") == "DE") | (field("city") == "Pune"), "warning"),
        (~((field("cuontry") != "DE") & (field("city") != "Pune")), "warning"),
    ],
    ids=repr,
)
def test_rules_on_a_field_that_nobody_has(ann: CampaignClient, rules: Any, severity: str) -> None:
    ann.contacts.upsert(
        [
            {"email": "a@example.com", "attributes": {"city": "Pune", "country": "DE"}},
            {"email": "b@example.com", "attributes": {"city": "Agra", "country": "IN"}},
        ]
    )
    found = inspected(ann, message="Hi", rules=rules)
    assert problems(found) == [(severity, "rules", None)]
    assert "did you mean 'country'?" in found.problems[0].reason
    made = ann.campaigns.create("y", message="Hi", rules=rules)
    if severity == "warning":
        assert ann.campaigns.launch(made.id).status == "active"
        return
    for move in (ann.campaigns.launch, partial(ann.campaigns.schedule, at=LATER)):
        with pytest.raises(NotReady, match="did you mean 'country'") as caught:
            move(made.id)
        assert caught.value.details == found
        assert ann.campaigns.get(made.id).status == "draft"
    assert ann.campaigns.schedule(made.id, LATER, force=True).status == "scheduled"
    assert ann.campaigns.launch(made.id, force=True).audience_size in (1, 2)


@pytest.mark.parametrize(
    ("rules", "severity"),
    [
        (field("lines").none(field("totla") > 3), "error"),
        (~field("lines").at_least(2, field("totla") > 3), "error"),
        (field("lines").some(field("TOTAL") != 3), "error"),
        (field("lines").some(field("totla") > 3) | PUNE, "warning"),
    ],
    ids=repr,
)
def test_rules_on_a_field_that_no_element_has(
    people: CampaignClient, rules: Any, severity: str
) -> None:
    lines = [{"total": 5, "parts": [{"sku": "a"}]}]
    people.contacts.upsert([{"email": "d@example.com", "attributes": {"lines": lines}}])
    found = inspected(people, message="Hi", rules=rules)
    assert problems(found) == [(severity, "rules", None)]
    said = found.problems[0].reason
    assert "no element of 'lines' has the field" in said
    assert "did you mean 'total'?" in said
    [warning] = people.segments.check(rules)
    assert said.startswith(warning)


@pytest.mark.parametrize(
    ("rules", "kind", "severity"),
    [
        (field("spent") > 5, "number", "warning"),
        (~(field("spent") > 5), "number", "error"),
        (field("since").not_within_last(days=9), "date", "error"),
        (field("vip") == True, "boolean", "warning"),  # noqa: E712 - that is how it is asked
        (field("vip") != False, "boolean", "error"),  # noqa: E712
    ],
    ids=repr,
)
def test_a_comparison_with_texts(
    people: CampaignClient, rules: Any, kind: str, severity: str
) -> None:
    """What an import left texts can't be more or less than a number, nor true or false."""
    [name] = rules.fields
    people.contacts.upsert(
        [
            {
                "email": "d@example.com",
                "attributes": {"spent": "7", "since": "31.01.2026", "vip": "WAHR"},
            },
            {"email": "e@example.com", "attributes": {"spent": "n/a", "since": "?", "vip": "1"}},
        ]
    )
    [warning] = people.segments.check(rules)
    assert f"no contact has a {kind} in the field '{name}'" in warning
    assert f"--type '{name}'={kind}" in warning
    found = people.campaigns.create("x", message="Hi", rules=rules | (field("city") == "Pune"))
    assert problems(people.campaigns.preflight(found.id)) == [(severity, "rules", None)]
    right = {"spent": 7, "since": "2026-01-31", "vip": False}
    people.contacts.upsert([{"email": "f@example.com", "attributes": right}])
    assert people.segments.check(rules) == ()


def test_what_is_said_of_fields_that_are_like_none(people: CampaignClient) -> None:
    [said] = people.segments.check(field("xyzzy") == 1)
    assert said == "no contact has the field 'xyzzy'; there are city, name"
    # A list that nobody has is said once; a field that some element has isn't said.
    [said] = people.segments.check(field("lnies").none(field("x") == 1))
    assert said.startswith("no contact has the field 'lnies'")
    people.contacts.upsert([{"email": "d@example.com", "attributes": {"lines": [{"x": 1}]}}])
    assert people.segments.check(field("lines").none(field("x") == 1)) == ()


def test_what_is_stored_says_which_fields_are_odd(people: CampaignClient) -> None:
    odd = ("no contact has the field 'nmae'; did you mean 'name'?",)
    made = people.campaigns.create("x", message="Hi {{ nmae }}", rules=PUNE)
    assert made.warnings == odd
    assert people.campaigns.update(made.id, subject="{{ nmae }}").warnings == odd
    segment = people.segments.create("x", PUNE)
    assert people.segments.update(segment.id, rules=field("nmae") != "A").warnings == odd


def test_a_launch_asks_the_preflight_and_the_database_its_own_minimum(
    people: CampaignClient,
) -> None:
    campaign = people.campaigns.create("x", message="Hi {{ name }}", rules=PUNE)
    with pytest.raises(NotReady, match="2 contacts lack 'name'"):
        people.campaigns.launch(campaign.id)
    for incomplete in ({}, {"rules": PUNE}, {"message": "Hi"}):
        bare = people.campaigns.create("y", **incomplete)
        for force in (False, True):
            with pytest.raises(NotReady, match=r"it has no (message|audience)"):
                people.campaigns.launch(bare.id, force=force)
    with pytest.raises(StaleState):
        people.campaigns.launch(campaign.id, expected="scheduled")
    launched = people.campaigns.launch(campaign.id, force=True)
    with pytest.raises(IllegalTransition):
        people.campaigns.launch(launched.id)


def test_a_launch_that_reaches_nobody_embarrasses_nobody(people: CampaignClient) -> None:
    nobody = field("city") == "Delhi"
    campaign = people.campaigns.create("x", message="Hi {{ name }}", rules=nobody)
    assert not people.campaigns.preflight(campaign.id).ok
    assert people.campaigns.launch(campaign.id).audience_size == 0


def test_what_cant_be_counted_is_a_warning() -> None:
    size = AudienceSize(count=None, reachable=None, reason="too slow")
    (problem,) = _size_problems(size)
    assert (problem.severity, problem.path) == ("warning", "rules")
    assert "too slow" in problem.reason
