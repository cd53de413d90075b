"""What stands in the way of a launch, found before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import Model
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.assets._html import check_html, references
from campaign_sdk.assets._resource import read_assets, with_images
from campaign_sdk.campaigns._content import MAX_HTML
from campaign_sdk.campaigns._envelope import has_message, lacks_subject, without_zone
from campaign_sdk.campaigns._fields import TEXTS
from campaign_sdk.campaigns._inspection import Inspection, Part, inspect_audience
from campaign_sdk.campaigns._models import Campaign
from campaign_sdk.rules import Rules
from campaign_sdk.segments._conditions import OddCondition, odd_conditions
from campaign_sdk.segments._fields import OddField, odd_fields
from campaign_sdk.segments._models import AudienceSize
from campaign_sdk.templates import Template
from campaign_sdk.templates._foreign import find_foreign
from campaign_sdk.templates._needs import Need


class PreflightProblem(Model):
    """One thing that is wrong, or may be.

    Attributes:
        severity: an `error` would embarrass you; a `warning` is worth a look.
        path: what it is about: `rules`, `message`, `subject`, `preheader`, `html`, or a
            placeholder in one of them.
        reason: what is wrong, and what would be right.
        contacts: how many contacts it would hit, where that is known.
    """

    severity: Literal["error", "warning"]
    path: str
    reason: str
    contacts: int | None = None


class Preflight(Model):
    """The answer of a pre-flight.

    Attributes:
        audience: whom the launch would reach; `None` if there is no audience yet.
        problems: what is wrong; empty if nothing is.
    """

    audience: AudienceSize | None
    problems: tuple[PreflightProblem, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing stands in the way."""
        return not any(problem.severity == "error" for problem in self.problems)


def inspect(resource: Resource[Any], campaign: Campaign, rules: Rules | None) -> Steps[Preflight]:
    """Check a campaign's texts against its audience and the fields that contacts have."""
    problems: list[PreflightProblem] = []
    texts = yield from _texts(resource, campaign, problems)
    parts = list(_parsed(texts, problems))
    misspelt = yield from _check_fields(resource, parts, rules, problems)
    size = None
    if rules is None:
        problems.insert(0, _error("rules", "there is no audience: give it rules or a segment"))
    else:
        sound = [part for part in parts if not misspelt.intersection(part.template.fields)]
        found = yield from inspect_audience(resource, rules, sound, campaign.timezone)
        size = found.size
        problems[:0] = _size_problems(size)
        problems += _audience_problems(found)
        problems += yield from _zone_problems(resource, campaign, rules)
    for part in parts:
        problems += _foreign(part)
    problems += yield from _image_problems(resource, campaign, texts)
    if lacks_subject(campaign):
        problems.append(_warning("subject", "there is none, and an e-mail isn't sent without one"))
    return Preflight(audience=size, problems=tuple(problems))


def _error(path: str, reason: str, contacts: int | None = None) -> PreflightProblem:
    return PreflightProblem(severity="error", path=path, reason=reason, contacts=contacts)


def _warning(path: str, reason: str, contacts: int | None = None) -> PreflightProblem:
    return PreflightProblem(severity="warning", path=path, reason=reason, contacts=contacts)


def _zone_problems(
    resource: Resource[Any], campaign: Campaign, rules: Rules
) -> Steps[list[PreflightProblem]]:
    lost = yield from without_zone(resource, campaign, rules)
    reason = f"isn't known of {lost} contacts: their quiet hours are those of {campaign.timezone}"
    return [_warning("timezone", reason, lost)] if lost else []


def _image_problems(
    resource: Resource[Any], campaign: Campaign, texts: Mapping[str, str]
) -> Steps[list[PreflightProblem]]:
    # Without its HTML, or with an asset that isn't there, it has been said already.
    if campaign.html is None or "html" not in texts:
        return []
    assets = []
    if references(campaign.html):
        assets = list((yield from read_assets(resource, str(campaign.id))))
    remarks = check_html(campaign.html, assets)
    return [_warning(remark.path, remark.reason) for remark in remarks]


def _texts(
    resource: Resource[Any], campaign: Campaign, problems: list[PreflightProblem]
) -> Steps[dict[str, str]]:
    """Return what a campaign says, as it would be sent: its HTML with its images."""
    if not has_message(campaign):
        problems.append(_error("message", "there is no message"))
    texts = {name: getattr(campaign, name) for name in TEXTS}
    for variant in campaign.variants:
        texts |= {f"variants.{variant.name}.{name}": getattr(variant, name) for name in TEXTS}
    for path in [path for path in texts if path.endswith("html")]:
        try:
            texts[path] = yield from with_images(resource, str(campaign.id), texts[path])
        except InvalidInput as error:
            problems.append(_error(error.path, error.reason))
            texts[path] = None
    return {path: text for path, text in texts.items() if text is not None and text.strip()}


def _parsed(texts: Mapping[str, str], problems: list[PreflightProblem]) -> Iterator[Part]:
    """Yield what can be read as templates, and note what can't."""
    for path, text in texts.items():
        try:
            yield Part(path, Template.parse(text, path=path, longest=MAX_HTML))
        except InvalidInput as error:
            problems.append(_error(error.path, error.reason))


def _check_fields(
    resource: Resource[Any],
    parts: list[Part],
    rules: Rules | None,
    problems: list[PreflightProblem],
) -> Steps[set[str]]:
    """Note placeholders and rules for fields that aren't there, and return those fields."""
    used = [name for part in parts for name in part.template.fields]
    asked = rules.fields if rules is not None else ()
    odd = yield from odd_fields(resource, [*used, *asked])
    for part in parts:
        for name in part.template.fields:
            if name in odd:
                error = part.template.error_of(name, odd[name].reason)
                problems.append(_error(error.path, error.reason))
    negative = rules.negative_fields if rules is not None else ()
    for name in asked:
        if name in odd:
            problems.append(_odd_rule(odd[name], negative=name in negative))
    if rules is not None:
        for each in (yield from odd_conditions(resource, rules, odd)):
            problems.append(_odd_condition(each))
    return set(odd)


def _odd_rule(field: OddField, *, negative: bool) -> PreflightProblem:
    if field.held:
        return _warning("rules", field.reason)
    if negative:
        return _error("rules", f"{field.reason}: the rule on it holds for everybody")
    return _warning("rules", f"{field.reason}: the rule on it holds for nobody")


def _odd_condition(found: OddCondition) -> PreflightProblem:
    if found.negative:
        return _error("rules", f"{found.reason}: the rule on it holds whatever is there")
    return _warning("rules", f"{found.reason}: the rule on it holds for nobody")


def _size_problems(size: AudienceSize) -> list[PreflightProblem]:
    if size.count is None:
        reason = f"the audience couldn't be counted, nor whom it would miss: {size.reason}"
        return [_warning("rules", reason)]
    if size.reachable == 0:
        return [_error("rules", "nobody who may be sent messages matches", 0)]
    return []


def _audience_problems(found: Inspection) -> Iterator[PreflightProblem]:
    for path, need, counts in found.placeholders:
        place = f"{path}.{need.field}"
        if counts.lacking and not need.has_default:
            reason = f"{counts.lacking} contacts lack {need.field!r}: give it a default"
            yield _error(place, reason, counts.lacking)
        if counts.unusable:
            yield _unusable(place, need, counts.unusable)
        if counts.unshowable:
            yield _error(place, _unshowable(need, counts.unshowable), counts.unshowable)
    for path, blank in found.blank:
        reason = f"{blank} contacts get nothing: no placeholder has a value for them"
        everybody = blank == found.size.reachable
        yield (_error if everybody else _warning)(path, reason, blank)


def _unusable(place: str, need: Need, contacts: int) -> PreflightProblem:
    wanted, filter_name = ("date", "date") if need.takes == "date" else ("number", "round")
    what = f"{contacts} contacts have something in {need.field!r} that is no {wanted}"
    if need.has_default:
        return _warning(place, f"{what}: they get the default", contacts)
    return _error(place, f"{what}, and `{filter_name}` can't show it: give it a default", contacts)


def _unshowable(need: Need, contacts: int) -> str:
    return (
        f"{contacts} contacts have a list, an object or an endless number in {need.field!r}, "
        "which no message can show: name one value inside it"
    )


def _foreign(part: Part) -> Iterator[PreflightProblem]:
    for found in find_foreign(part.template, html=part.is_html):
        yield _warning(part.path, found.reason)
