"""Reading and changing the settings of sending."""

from __future__ import annotations

from typing import Any

from campaign_sdk._core.errors import InvalidInput
from campaign_sdk._core.failures import row_of, rows_of
from campaign_sdk._core.model import NOT_GIVEN, NotGiven
from campaign_sdk._core.operation import Mode, Resource, Steps, keyed, operation
from campaign_sdk.settings._models import Cap, Quiet, SendingSettings, SettingsRow


class Settings(Resource[Mode]):
    """How often, and at which hours, contacts may be written to, whatever the campaign."""

    @operation
    def get(self) -> Steps[SendingSettings]:
        """Return the settings; without any, neither cap nor quiet hours."""
        rows = rows_of((yield self._db.from_("campaign_settings").select("*")))
        return _settings(rows)

    @operation
    def update(
        self, *, cap: Cap | None | NotGiven = NOT_GIVEN, quiet: Quiet | None | NotGiven = NOT_GIVEN
    ) -> Steps[SendingSettings]:
        """Change what is given, and return the settings.

        They count from now on, also for campaigns that are being sent. The time zone of each
        contact is looked up at a launch: of a campaign that was launched without quiet hours,
        all members have the campaign's.

        Args:
            cap: how many messages one contact may get within how many days, of all campaigns
                together; whoever has had them is skipped as `capped`. `None` for any number.
            quiet: hours at which nothing is sent, in the zone of the contact's attribute
                `timezone`; without one that is known, in the campaign's. `None` for none.

        Raises:
            InvalidInput: a value isn't what it should be; the path names it.
        """
        row = {**_cap_columns(cap), **_quiet_columns(quiet)}
        table = self._db.from_("campaign_settings")
        if not row:
            return _settings(rows_of((yield table.select("*"))))
        return _settings([row_of((yield keyed(table.upsert(row, on_conflict="user_id"))))])


def _settings(rows: list[dict[str, Any]]) -> SendingSettings:
    return SettingsRow.from_row(rows[0]).settings() if rows else SendingSettings()


def _cap_columns(cap: Cap | None | NotGiven) -> dict[str, Any]:
    if isinstance(cap, NotGiven):
        return {}
    if cap is not None and not isinstance(cap, Cap):
        raise InvalidInput("cap", "must be a Cap, such as Cap(3, days=7), or None")
    return {
        "cap_messages": cap.messages if cap else None,
        "cap_days": cap.days if cap else None,
    }


def _quiet_columns(quiet: Quiet | None | NotGiven) -> dict[str, Any]:
    if isinstance(quiet, NotGiven):
        return {}
    if quiet is not None and not isinstance(quiet, Quiet):
        raise InvalidInput("quiet", 'must be Quiet, such as Quiet("21:00", "08:00"), or None')
    return {
        "quiet_from": quiet.start if quiet else None,
        "quiet_until": quiet.end if quiet else None,
    }
