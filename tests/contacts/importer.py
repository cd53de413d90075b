"""A process that imports a file until somebody ends it: `python importer.py URL KEY FILE`.

Its session comes on standard input; it writes a line of JSON for each batch that landed.
"""

from __future__ import annotations

import json
import sys

from campaign_sdk import CampaignClient
from campaign_sdk.contacts import ImportReport


def main(url: str, key: str, path: str) -> None:
    """Import the file."""
    email, password = json.loads(sys.stdin.readline())
    with CampaignClient(url, key) as client:
        client.auth.sign_in_with_password(email, password)

        def landed(_done: int, _total: int, report: ImportReport) -> None:
            sys.stdout.write(json.dumps({"created": report.created}) + "\n")
            sys.stdout.flush()

        client.contacts.import_csv(path, batch_size=50, progress=landed)


if __name__ == "__main__":
    main(*sys.argv[1:])
