"""All that there is about one person, to be handed over or erased."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from campaign_sdk._core.errors import ProtocolError
from campaign_sdk._core.model import Model
from campaign_sdk._core.operation import Mode, Resource, Steps, operation
from campaign_sdk._core.writing import new_request_id
from campaign_sdk.contacts._named import contact_id


class Erasure(Model):
    """What an erasure left behind.

    Attributes:
        events: how many events are still counted, without the person.
        deliveries: how many messages are still known to have been sent, or not.
        suppressed: whether the address, which nobody can read any more, stays suppressed.
    """

    events: int
    deliveries: int
    suppressed: bool


class Persons(Resource[Mode]):
    """What a person may ask for by law."""

    @operation
    def export_person(self, id: UUID | str) -> Steps[dict[str, Any]]:
        """Return all that is stored about one contact, as JSON.

        The contact, its suppression, soft bounces of its address, every event
        and every message. It is
        the person's own data: give it to nobody else.

        Raises:
            NotFound: there is no such contact, or it is somebody else's.
        """
        arguments = {"contact_id": (yield from contact_id(self, id))}
        exported = (yield self._rpc("export_person", arguments, kind="read")).data
        if not isinstance(exported, dict) or "contact" not in exported:
            raise ProtocolError("the server's answer isn't what is stored about a person")
        return exported

    @operation
    def erase_person(self, id: UUID | str) -> Steps[Erasure]:
        """Erase one contact with all that could be told of the person, in one transaction.

        What was counted stays counted. An address that was suppressed, or had unsubscribed,
        stays suppressed: as a hash that says nothing of the person, so that no later import
        writes to them again.

        Raises:
            NotFound: there is no such contact, or it is somebody else's.
        """
        contact = yield from contact_id(self, id)
        arguments = {"contact_id": contact, "request_id": new_request_id()}
        response = yield self._rpc("erase_person", arguments, kind="keyed")
        return Erasure.from_row(response.data)
