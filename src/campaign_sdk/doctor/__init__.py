"""Is a project fit for this SDK? Checks by behaviour; they leave nothing behind.

from campaign_sdk.doctor import examine

for finding in examine(client):
    print(finding.status, finding.name, finding.message, finding.remedy)
"""

from __future__ import annotations

from ._examine import examine
from ._finding import Finding, Status

__all__ = ["Finding", "Status", "examine"]
