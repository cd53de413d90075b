"""What stands in the way of a launch, found before it."""

from __future__ import annotations

from typing import Any, Literal

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.model import Model
from campaign_sdk._core.operation import Resource, Steps
from campaign_sdk.rules import Rules, field
from campaign_sdk.segments._audience import count_audience
from campaign_sdk.segments._models import AudienceSize
from campaign_sdk.templates import Template


class PreflightProblem(Model):
    """One thing that is wrong, or may be.

    Attributes:
        severity: an `error` would embarrass you; a `warning` is worth a look.
        path: what it is about: `message`, `rules`, or a placeholder.
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


def inspect(
    resource: Resource[Any], message: str | None, rules: Rules | None, timezone: str
) -> Steps[Preflight]:
    """Check a message against an audience and against the fields that contacts have."""
    problems: list[PreflightProblem] = []
    size = None
    if rules is None:
        problems.append(_error("rules", "there is no audience: give it rules or a segment"))
    else:
        size = yield from count_audience(resource, rules, None, timezone)
        problems += _size_problems(size)
    template = _parsed(message, problems)
    if template is not None:
        problems += yield from _unknown(resource, template)
        if rules is not None and not problems:
            problems += yield from _missing(resource, template, rules, timezone)
    return Preflight(audience=size, problems=tuple(problems))


def _error(path: str, reason: str, contacts: int | None = None) -> PreflightProblem:
    return PreflightProblem(severity="error", path=path, reason=reason, contacts=contacts)


def _size_problems(size: AudienceSize) -> list[PreflightProblem]:
    if size.count is None:
        reason = f"the audience couldn't be counted: {size.reason}"
        return [PreflightProblem(severity="warning", path="rules", reason=reason)]
    if size.reachable == 0:
        return [_error("rules", "nobody who may be sent messages matches", 0)]
    return []


def _parsed(message: str | None, problems: list[PreflightProblem]) -> Template | None:
    if message is None or not message.strip():
        problems.append(_error("message", "there is no message"))
        return None
    try:
        return Template.parse(message)
    except InvalidInput as error:
        problems.append(_error(error.path, error.reason))
        return None


def _unknown(resource: Resource[Any], template: Template) -> Steps[list[PreflightProblem]]:
    response = yield resource._rpc("list_contact_fields", {}, kind="read")
    known = [found["name"] for found in response.data["fields"]]
    try:
        template.check(known)
    except InvalidInput as error:
        return [_error(error.path, error.reason)]
    return []


def _missing(
    resource: Resource[Any], template: Template, rules: Rules, timezone: str
) -> Steps[list[PreflightProblem]]:
    problems = []
    for name in sorted(template.required):
        lacking = rules & (field(name).is_null() | (field(name) == ""))
        size = yield from count_audience(resource, lacking, None, timezone)
        if size.reachable is None:
            reason = f"who lacks {name!r} couldn't be counted: {size.reason}"
            problems.append(
                PreflightProblem(severity="warning", path=f"message.{name}", reason=reason)
            )
        elif size.reachable:
            reason = f"{size.reachable} contacts lack {name!r}: give it a default"
            problems.append(_error(f"message.{name}", reason, size.reachable))
    return problems
