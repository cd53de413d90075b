"""Editing a message in the person's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from campaign_sdk._core.errors import CampaignError, ConfigurationError
from campaign_sdk.cli._show import note

if TYPE_CHECKING:
    from campaign_sdk import Campaign, CampaignClient


def edit_message(client: CampaignClient, campaign: Campaign) -> Campaign:
    """Open the message in an editor and store what comes back; a refused text isn't lost."""
    folder = Path(tempfile.mkdtemp(prefix="campaign-"))
    path = folder / "message.txt"
    path.write_text(campaign.message or "", encoding="utf-8")
    _open(path)
    try:
        edited = client.campaigns.update(campaign.id, message=path.read_text(encoding="utf-8"))
    except CampaignError:
        note(f"your text is kept in {path}")
        raise
    path.unlink()
    folder.rmdir()
    return edited


def _open(path: Path) -> None:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        done = subprocess.run([*shlex.split(editor), str(path)])  # noqa: S603 - the person's own
    except OSError:
        raise ConfigurationError(f"there is no editor {editor!r}: set EDITOR") from None
    if done.returncode:
        raise ConfigurationError(f"the editor {editor!r} ended with {done.returncode}")
