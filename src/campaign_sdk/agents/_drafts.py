"""The tools that store segments and drafts. A person has to allow them."""

from __future__ import annotations

from typing import Any

from campaign_sdk._core.errors import Conflict
from campaign_sdk.agents._reading import Desk, checked, outlined, sized
from campaign_sdk.rules import Rules


class Drafting(Desk):
    """The tools that write: new segments, new drafts, and changes of drafts."""

    def create_segment(self, name: str, where: str, description: str | None = None) -> Any:
        """Store an audience under a name, and return its size.

        name: for people.
        where: rules in a line, such as: orders >= 3 and not city in ("Pune", "Delhi")
        description: for people.
        """
        made = self.client.segments.create(name, Rules.parse(where), description=description)
        size = self.client.segments.size(made)
        return {"id": str(made.id), "warnings": list(made.warnings), "size": sized(size)}

    def save_draft(
        self,
        name: str,
        message: str | None = None,
        subject: str | None = None,
        segment: str | None = None,
        where: str | None = None,
        campaign: str | None = None,
    ) -> Any:
        """Store a new draft of a campaign, or change one that is a draft, and pre-flight it.

        name: the campaign's name, for people.
        message: the text, with placeholders such as {{ city | default: "your town" }}.
        subject: of the e-mail, one line.
        segment, where: the audience, by a segment's name or id, or as rules in a line.
        campaign: the name or id of the draft to change; a new one by default.
        """
        given: dict[str, Any] = {"name": name, "message": message, "subject": subject}
        if segment is not None or where is not None:
            given |= self._aimed(segment, where)
        values = {key: value for key, value in given.items() if value is not None}
        saved = (
            self.client.campaigns.create(**values)
            if campaign is None
            else self.client.campaigns.update(self._draft(campaign), **values)
        )
        found = self.client.campaigns.preflight(saved.id)
        return {"campaign": outlined(saved), "preflight": checked(found)}

    def _aimed(self, segment: str | None, where: str | None) -> dict[str, Any]:
        target = self.audience(segment, where)
        return {"rules": target} if isinstance(target, Rules) else {"segment_id": target.id}

    def _draft(self, named: str) -> str:
        found = self.campaign(named)
        if found.status != "draft":
            raise Conflict(f"the campaign is {found.status}: only drafts can be changed from here")
        return str(found.id)
