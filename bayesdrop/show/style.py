"""What the pictures share: colours for any colour vision, and figures that need no screen."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from bayesdrop.files import replacing

if TYPE_CHECKING:
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Colours that people with any colour vision tell apart."""

_LEVELS = 20

_DASHES = ("-", "--", "-.", ":")
_DPI = 130


def line_style(index: int) -> dict[str, str]:
    """Colour and dashes of line ``index``: the dashes change where the colours start again."""
    dashes = _DASHES[index // len(OKABE_ITO) % len(_DASHES)]
    return {"color": OKABE_ITO[index % len(OKABE_ITO)], "linestyle": dashes}


def colour_map() -> Colormap:
    """Cividis, of increasing lightness to any colour vision, in 20 steps: small files."""
    from matplotlib import colormaps

    return colormaps["cividis"].resampled(_LEVELS)


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of that size in inches, on a light ground, apart from pyplot."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, path: Path, dpi: int = _DPI) -> Path:
    """Write ``figure`` as a PNG of 256 colours to ``path``, in a folder that is made if need be.

    The file is written whole or not at all.
    """
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = io.BytesIO()
    figure.savefig(pixels, dpi=dpi, format="png")
    palette = Image.Quantize.MAXCOVERAGE  # every colour of a heat map survives
    picture = Image.open(pixels).convert("RGB")
    with replacing(path) as temporary:
        reduced = picture.quantize(method=palette, dither=Image.Dither.NONE)
        reduced.save(temporary, "PNG", optimize=True)
    return path
