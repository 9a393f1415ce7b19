"""Numbers as text."""

from __future__ import annotations

import math

from bayesdrop.benchmark.metrics import Shown
from bayesdrop.benchmark.stats.summary import Summary


def score_text(score: Summary, shown_as: Shown) -> str:
    """Write a metric's summary over splits in the way that ``shown_as`` names."""
    if shown_as == "mean ± se":
        return plus_minus(score)
    return percent(score.mean) if shown_as == "percent" else number(score.mean)


def plus_minus(score: Summary) -> str:
    """Write ``mean ± se`` with two significant digits of the standard error."""
    if not math.isfinite(score.se) or score.se == 0:
        return number(score.mean)
    digits = max(0, 1 - math.floor(math.log10(score.se)))
    return f"{score.mean:.{digits}f} ± {score.se:.{digits}f}"


def number(value: float | None, digits: int = 4) -> str:
    """Write significant digits, without an exponent where that reads well; none is a dash."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == int(value):
        return f"{value:.0f}"
    if not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{digits - 1}e}"
    return f"{value:.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"


def percent(value: float | None) -> str:
    """Write a share in whole percent; none is a dash."""
    return "–" if value is None else f"{100 * value:.0f} %"
