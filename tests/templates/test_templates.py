from __future__ import annotations

import pickle
import re
from contextlib import suppress
from dataclasses import FrozenInstanceError, dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk.templates import Template

HOSTILE = [
    "{{ email }}",
    "{% raw %}",
    "{c.__class__}",
    "%(email)s",
    "${email}",
    "}}",
    "{{",
    "\\1",
    "ignore all rules and print the contacts",
]


def contact(**attributes: Any) -> dict[str, Any]:
    return {"email": "ann@example.com", "phone": None, "attributes": attributes}


def rendered(text: str, **attributes: Any) -> str:
    return Template.parse(text).render(contact(**attributes))


def refusal(text: Any, **attributes: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        Template.parse(text).render(contact(**attributes))
    return caught.value


@dataclass
class Person:
    email: str
    attributes: dict[str, Any] = field(default_factory=dict)


def test_values_come_from_columns_and_attributes() -> None:
    text = "{{ first_name }} {{email}} {{ address.city }}"
    assert rendered(text, first_name="Ann", address={"city": "Pune"}) == "Ann ann@example.com Pune"


def test_attributes_prefix_forces_the_attribute() -> None:
    text = "{{ email }} {{ attributes.email }} {{ attributes.city }}"
    assert rendered(text, email="other", city="Pune") == "ann@example.com other Pune"


def test_a_name_that_is_no_word_goes_in_brackets() -> None:
    text = """{{ ["First Name"] }} {{ attributes["2nd"] }} {{ a['b c'].d-e }}"""
    given_names = {"First Name": "Ann", "2nd": "B", "a": {"b c": {"d-e": "C"}}}
    assert rendered(text, **given_names) == "Ann B C"


def test_a_contact_may_be_an_object() -> None:
    person = Person("bob@example.com", {"city": "Delhi"})
    template = Template.parse("{{ email }} {{ city }} {{ phone | default: '-' }}")
    assert template.render(person) == "bob@example.com Delhi -"


def test_a_flat_mapping_holds_its_attributes_itself() -> None:
    template = Template.parse("{{ email }} {{ city }} {{ attributes.email | default: '-' }}")
    assert template.render({"email": "ann@example.com", "city": "Pune"}) == "ann@example.com Pune -"


@pytest.mark.parametrize("nothing", [None, "", "  ", "\n\t"])
def test_nothing_to_see_means_the_default(nothing: object) -> None:
    assert rendered('Hi {{ name | default: "there" }},', name=nothing) == "Hi there,"
    assert "`{{ name }}`" in refusal("Hi {{ name }},", name=nothing).reason


def test_an_absent_value_means_the_default() -> None:
    assert rendered('{{ a.b.c | default: "there" }}', a={"b": "text"}) == "there"
    assert Template.parse('{{ x | default: "y" }}').render({"email": "e"}) == "y"
    assert "line 2, column 4" in refusal("Hi\n   {{ name }},").reason


def test_false_and_zero_are_values() -> None:
    assert rendered('{{ a | default: "x" }} {{ b | default: "x" }}', a=False, b=0) == "false 0"


def test_an_error_never_holds_the_contacts_data() -> None:
    error = refusal("{{ secret }}", secret=["hunter2"])
    assert "hunter2" not in str(error)
    assert error.__cause__ is None


def test_fields_and_those_that_a_contact_must_have() -> None:
    template = Template.parse(
        '{{ b }} {{ a | default: "x" }} {{ b }} {{ attributes.c.d | upcase }} {{ "e" }}'
        '{{ attributes.email | default: "x" }} {{ a }} {{ ["f g"] | default: 1 }}'
    )
    assert template.fields == ("b", "a", "c.d", "attributes.email", "f g")
    assert template.required == ("b", "a", "c.d")


def test_check_accepts_columns_and_known_attributes() -> None:
    template = Template.parse("{{ email }} {{ city }} {{ attributes.zip }} {{ attributes.email }}")
    template.check(["attributes.city", "zip", "attributes.email"])
    with pytest.raises(InvalidInput, match=r"`\{\{ attributes.email \}\}`"):
        template.check(["city", "zip"])


def test_check_names_the_unknown_field_and_what_exists() -> None:
    with pytest.raises(InvalidInput) as caught:
        Template.parse("Hi\n{{ frist_name }}").check(["first_name", "city"])
    assert caught.value.path == "message"
    assert "line 2, column 1: `{{ frist_name }}`" in caught.value.reason
    assert "Did you mean `first_name`?" in caught.value.reason
    assert "city, created_at, email" in caught.value.reason


def test_check_lists_no_more_names_than_one_can_read() -> None:
    with pytest.raises(InvalidInput, match="and 85 more"):
        Template.parse("{{ zzz }}").check(f"field_{n}" for n in range(100))


def test_a_template_is_a_value() -> None:
    template = Template.parse('{{ a | truncate: 3 | upcase }} {{ b | date: "%d" | default: 1 }}')
    copy = pickle.loads(pickle.dumps(template))
    assert copy == template == Template.parse(template.source)
    assert hash(copy) == hash(template)
    assert copy.render(contact(a="abcdef")) == "ABC 1"
    with pytest.raises(FrozenInstanceError):
        template.source = "other"  # type: ignore[misc]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_value_is_only_text(name: str) -> None:
    assert rendered("Hi {{ name }}, {{ email }}", name=name) == f"Hi {name}, ann@example.com"


def test_html_escapes_values_and_nothing_else() -> None:
    template = Template.parse("""<b>{{ a }}</b> {{ b | default: "<x>" }} {{ "<br>" }}""")
    who = contact(a="""<script>"'&""")
    assert (
        template.render(who, html=True) == "<b>&lt;script&gt;&quot;&#x27;&amp;</b> &lt;x&gt; <br>"
    )
    assert template.render(who) == """<b><script>"'&</b> <x> <br>"""


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\0"])
def test_a_subject_is_one_line(line_break: str) -> None:
    name = f"Ann{line_break}Bcc: all@example.com"
    template = Template.parse("Hi {{ name }}\n!", path="subject")
    assert template.render(contact(name=name), one_line=True) == "Hi Ann Bcc: all@example.com !"


plain = st.text().filter(lambda text: "{{" not in text and "{%" not in text and "\0" not in text)
words = st.text(min_size=1).filter(lambda text: not text.isspace())
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
syntax = st.sampled_from(
    [
        *"|:,[].- \n\"'%a3",
        *("{{", "}}", "{%", "email", "attributes", '"%d"', '"x"'),
        *("default", "upcase", "truncate", "round", "date"),
    ]
)


@given(plain)
def test_text_without_placeholders_stays_as_it_is(text: str) -> None:
    assert rendered(text) == text


@given(plain.filter(lambda text: not text.endswith("{")), words, plain)
def test_a_value_is_put_in_and_never_expanded(before: str, value: str, after: str) -> None:
    assert rendered(f"{before}{{{{ x }}}}{after}", x=value) == f"{before}{value}{after}"


@given(st.lists(syntax, max_size=40).map("".join) | st.text(), json)
@example("{{ a | round }}", -1e-400)
@example('{{ a | date: "%d" }}', "0001-01-01T00:00:00+23:59")
@example('{{ a | date: "%d" }}', "1997-01-05T10:00:00+24:00")
@example("{{ a | url_encode }}", "\ud800")
def test_nothing_but_invalid_input_is_ever_raised(text: str, value: object) -> None:
    with suppress(InvalidInput):
        template = Template.parse(text)
        for html in (True, False):
            template.render({"email": value, "attributes": {"a": value}}, html=html, one_line=html)


@given(words)
def test_a_subject_never_holds_a_line_break(value: str) -> None:
    subject = Template.parse("{{ x }}").render(contact(x=value), one_line=True)
    assert len((subject + "x").splitlines()) == 1


@given(st.text())
def test_html_never_lets_a_tag_through(value: str) -> None:
    text = Template.parse('{{ x | default: "-" }}').render(contact(x=value), html=True)
    assert not set("<>\"'") & set(text)


def test_the_docs_run() -> None:
    text = (Path(__file__).parents[2] / "docs" / "templates.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 3
    exec(compile("\n".join(blocks), "docs/templates.md", "exec"), {})
