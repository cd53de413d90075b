"""The operations of `client.drafting`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Unpack

from campaign_sdk._core.connection import Connection
from campaign_sdk._core.model import Model, timezone_name
from campaign_sdk._core.operation import Mode, PagedSteps, Resource, Steps, operation, pages
from campaign_sdk.channels import Channel
from campaign_sdk.channels._checks import check_part
from campaign_sdk.contacts._known import read_fields

from . import _ask
from ._budget import Usage
from ._drafts import (
    Brief,
    DraftProblem,
    Drafts,
    Wishes,
    WrittenDrafts,
    check_number,
    draft_problems,
)
from ._rules import DraftedRules, draft_rules
from ._writer import Writer


class StreamedDraft(Model):
    """What a stream has written in all.

    Attributes:
        body: the whole message.
        problems: what is wrong with it; empty if nothing is.
        usage: what it cost.
    """

    body: str
    problems: tuple[DraftProblem, ...]
    usage: Usage


class Drafting(Resource[Mode]):
    """Having messages and rules drafted by a language model."""

    def __init__(self, connection: Connection, writer: Writer) -> None:
        super().__init__(connection)
        self._writer = writer

    @operation
    def messages(
        self,
        brief: str,
        *,
        n: int = 3,
        channel: Channel = "email",
        tone: str | None = None,
        language: str | None = None,
        brand_voice: str | None = None,
        avoid: Sequence[str] = (),
        allowed_domains: Sequence[str] = (),
        model: str | None = None,
    ) -> Steps[Drafts]:
        """Have a message written, in several variants, and check each.

        What is wrong with a draft is in its `problems`; nothing is saved.

        Args:
            brief: what the message is to say, and to whom.
            n: how many variants, up to 10.
            channel: email, sms, push or whatsapp; each has its limits.
            tone: such as "warm" or "matter-of-fact".
            language: the brief's own by default.
            brand_voice: how your brand speaks.
            avoid: words that must not occur.
            allowed_domains: where links may lead, subdomains included; no links by default.
            model: the model to ask; else the client's.

        Raises:
            InvalidInput: an argument is refused; the path names it.
            ConfigurationError: there is no `OPENAI_API_KEY`; nothing was sent.
            DraftingError: no usable answer; `reason` says why.
        """
        asked = Brief.of(
            brief,
            channel=channel,
            tone=tone,
            language=language,
            brand_voice=brand_voice,
            avoid=avoid,
            allowed_domains=allowed_domains,
        )
        return (yield from write_drafts(self, asked, n=n, model=model))

    @pages
    def stream(
        self,
        brief: str,
        *,
        model: str | None = None,
        done: Callable[[StreamedDraft], object] | None = None,
        **wishes: Unpack[Wishes],
    ) -> PagedSteps[str]:
        """Yield the text of one message as it is written.

        A stream that breaks off ends in `DraftingError`, never as if it were complete.

        Args:
            brief: what the message is to say, and to whom.
            model: the model to ask; else the client's.
            wishes: channel, tone, language, brand_voice, avoid and allowed_domains, as for
                `messages`.
            done: called at the end with the whole text, its problems, and what it cost.

        Raises:
            InvalidInput, ConfigurationError, DraftingError: as for `messages`.
        """
        asked = Brief.of(brief, **wishes)
        self._writer.options.check()
        fields = yield from read_fields(self)

        def finish(body: str, usage: Usage) -> None:
            problems = draft_problems(check_part("body", body, asked, fields))
            if done is not None:
                done(StreamedDraft(body=body, problems=problems, usage=usage))

        yield from _ask.stream(self._writer, asked.prompt(fields, n=None), model=model, done=finish)

    @operation
    def rules(
        self, text: str, *, timezone: str = "UTC", model: str | None = None
    ) -> Steps[DraftedRules]:
        """Turn the description of an audience into rules to read, check and pass on.

        They use only fields that your contacts have, with values of their types, and are
        validated like any others. They never mean the whole audience: that is `everyone()`.

        Args:
            text: such as "spent over 100 and haven't ordered for 90 days".
            timezone: the IANA time zone of relative dates.
            model: the model to ask; else the client's.

        Raises:
            InvalidInput: an argument is refused; the path names it.
            ConfigurationError: there is no `OPENAI_API_KEY`; nothing was sent.
            DraftingError: no usable answer; `reason` says why.
        """
        return (
            yield from draft_rules(
                self, self._writer, text, timezone=timezone_name(timezone), model=model
            )
        )


def write_drafts(
    drafting: Drafting[Any],
    brief: Brief,
    *,
    n: int,
    model: str | None,
    context: Mapping[str, Any] | None = None,
) -> Steps[Drafts]:
    """Have drafts written for a brief, and check each."""
    check_number(n)
    writer = drafting._writer
    writer.options.check()
    fields = yield from read_fields(drafting)
    prompt = brief.prompt(fields, n=n, context=context)
    written, usage = yield from _ask.ask(writer, prompt, WrittenDrafts, model=model)
    drafts = written.checked(brief, fields, n, usage)
    return Drafts(drafts, usage, writer.model(model))
