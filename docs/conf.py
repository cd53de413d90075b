"""The site of these pages: `make docs` builds it, warnings as errors.

The pages under `api/` are made from the objects themselves, just before.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS), str(DOCS.parent / "src")]

from site_api import write_pages  # noqa: E402 - from the path that was just set
from site_llms import write_llms  # noqa: E402 - from there, too

from campaign_sdk import __version__  # noqa: E402 - from src, on the same path

project = "campaign_sdk"
release = version = __version__
html_title = f"campaign_sdk {release}"
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence"]
exclude_patterns = ["build"]
nitpicky = True

# Links to a heading of another page are checked as links to a page are.
myst_heading_anchors = 4
myst_links_external_new_tab = True

html_theme = "furo"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False

write_pages(DOCS / "api")


def setup(app: Any) -> None:
    """Leave the pages as Markdown beside the site, with `llms.txt` naming them."""
    app.connect("build-finished", _finish)


def _finish(app: Any, error: Exception | None) -> None:
    if error is None:
        write_llms(DOCS, Path(app.outdir))
