"""The browser that pages are tested in."""

from __future__ import annotations

import shutil

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
"""The program of Debian, Ubuntu or GitHub's machines, or ``None``."""
