"""The gallery shows what ``make gallery`` found: pictures and numbers of examples/results.

The site's build executes no example. Here the committed pictures become thumbnails, and each page
ends with the pictures and the numbers of its script's full run.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1]
RESULTS = DOCS / "examples" / "results"
PICTURE = """
.. image:: /examples/results/{file}
   :alt: {name}, picture {number} of the full run
   :class: sphx-glr-single-img
"""
FOUND = """
What the full run found
-----------------------

The pictures and the numbers are those of the committed run. ``python docs/examples/run.py {name}``
makes them again.
{pictures}
.. literalinclude:: /examples/results/{name}.json
   :language: json
   :class: numbers
"""
NOT_RUN = """
.. note:: This example has not been run in full yet, so there is no picture.
"""


def pictures_of(name: str) -> list[Path]:
    """The committed pictures of an example, in order."""
    return sorted(RESULTS.glob(f"{name}_[0-9].png"))


def copy_thumbnails(app: Any) -> None:
    """Put the first picture of each example where sphinx-gallery looks for one."""
    images = DOCS / "gallery" / "images"
    images.mkdir(parents=True, exist_ok=True)
    for script in (DOCS / "examples").glob("plot_*.py"):
        for picture in pictures_of(script.stem.removeprefix("plot_"))[:1]:
            shutil.copyfile(picture, images / f"sphx_glr_{script.stem}_001.png")


def add_results(app: Any, page: str, source: list[str]) -> None:
    """Put pictures and numbers after an example's code."""
    if not page.startswith("gallery/plot_"):
        return
    name = page.removeprefix("gallery/plot_")
    files = [picture.name for picture in pictures_of(name)]
    pictures = "".join(
        PICTURE.format(file=file, name=name, number=number)
        for number, file in enumerate(files, start=1)
    )
    found = FOUND.format(name=name, pictures=pictures) if files else NOT_RUN
    code, mark, downloads = source[0].rpartition(".. _sphx_glr_download_")
    source[0] = f"{code}{found}\n{mark}{downloads}"


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", copy_thumbnails, priority=100)
    app.connect("source-read", add_results)
    return {"parallel_read_safe": True}
