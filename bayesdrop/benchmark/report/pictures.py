"""The pictures of a report: what there is to draw, for a page and for files alike."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.report.figures.calibration import draw_calibration
from bayesdrop.benchmark.report.figures.column import COLUMN_STYLE
from bayesdrop.benchmark.report.figures.compute import draw_compute
from bayesdrop.benchmark.report.figures.convergence import draw_convergence
from bayesdrop.benchmark.report.figures.decomposition import draw_decomposition
from bayesdrop.benchmark.report.figures.ranks import draw_ranks
from bayesdrop.benchmark.report.figures.row_styles import row_styles
from bayesdrop.benchmark.report.figures.scores import draw_scores, panels
from bayesdrop.benchmark.report.published import PUBLISHED, Published, published_on
from bayesdrop.benchmark.stats.analysis import Analysis
from bayesdrop.show.style import save

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FigureFormat = Literal["png", "pdf", "svg"]
FIGURE_FORMATS: tuple[FigureFormat, ...] = ("png", "pdf", "svg")
_DPI = 240


@dataclass(frozen=True)
class Picture:
    """A picture is drawn when it is first asked for.

    Attributes
    ----------
    name
        The name of its file, without the ending.
    text
        What it shows, in a few words.
    draw
        The function that makes its figure.
    """

    name: str
    text: str
    draw: Callable[[], Figure | None]

    @cached_property
    def figure(self) -> Figure:
        """Return the figure."""
        import matplotlib

        with matplotlib.rc_context(COLUMN_STYLE):
            figure = self.draw()
        assert figure is not None, self.name
        return figure

    def svg(self) -> str:
        """Return the picture for a page: its letters are text, in the font of the reader."""
        import matplotlib

        text = io.StringIO()
        with matplotlib.rc_context(COLUMN_STYLE), matplotlib.rc_context({"svg.fonttype": "none"}):
            self.figure.savefig(text, format="svg", metadata={"Date": None})
        return text.getvalue()

    def save(self, folder: Path, form: FigureFormat) -> Path:
        """Write the picture into a folder, and return its path."""
        import matplotlib

        path = folder / f"{self.name}.{form}"
        with matplotlib.rc_context(COLUMN_STYLE):
            if form == "png":
                return save(self.figure, path, dpi=_DPI)
            undated = "CreationDate" if form == "pdf" else "Date"
            self.figure.savefig(path, metadata={undated: None})
        return path


@dataclass(frozen=True)
class Pictures:
    """These are all pictures of a report.

    Attributes
    ----------
    ranks
        Metric → the critical-difference diagram, where there are enough rows for one.
    decompositions
        Metric → how much is the model's and how much the inference's, where models and methods
        are crossed.
    datasets
        Data set → its pictures.
    convergence
        R-hat of every split, if there are chains.
    """

    ranks: dict[str, Picture]
    decompositions: dict[str, Picture]
    datasets: dict[str, list[Picture]]
    convergence: Picture | None

    @property
    def every(self) -> list[Picture]:
        """Return them all."""
        across = [*self.ranks.values(), *self.decompositions.values()]
        found = [*across, *(p for own in self.datasets.values() for p in own)]
        return [*found, self.convergence] if self.convergence else found


def pictures_of(analysis: Analysis, published: Sequence[Published] = PUBLISHED) -> Pictures:
    """Return the pictures of a report, with published scores beside ours."""
    ranks = {
        metric: Picture(
            f"ranks-{metric}",
            f"average ranks by {METRICS[metric].title}",
            partial(draw_ranks, ranks, metric, analysis.short_chains),
        )
        for metric, ranks in analysis.ranks.items()
        if ranks.are_tested
    }
    decompositions = {
        metric: Picture(
            f"model-or-inference-{metric}",
            f"how much of {METRICS[metric].title} is the model's and how much the inference's",
            partial(draw_decomposition, found, metric),
        )
        for metric, found in analysis.decompositions.items()
    }
    convergence = Picture(
        "convergence",
        "largest R-hat of f(x) of every split",
        partial(draw_convergence, analysis.every_line),
    )
    has_chains = any(line.rhat_f for line in analysis.every_line)
    datasets = {name: _of_dataset(analysis, name, published) for name in analysis.lines}
    return Pictures(ranks, decompositions, datasets, convergence if has_chains else None)


def _of_dataset(analysis: Analysis, dataset: str, published: Sequence[Published]) -> list[Picture]:
    """Scores, calibration and compute, as far as the lines have them."""
    lines = [line for line in analysis.lines[dataset] if line.scores]
    if not lines:
        return []
    styles = row_styles(analysis.every_line)
    beside = published_on(dataset, published)
    found = [
        Picture(
            f"scores-{dataset}",
            f"{' and '.join(panels(lines))} on {dataset}",
            partial(draw_scores, lines, beside),
        )
    ]
    if any(line.pit_histogram for line in lines):
        found.append(
            Picture(
                f"calibration-{dataset}",
                f"calibration and coverage on {dataset}",
                partial(draw_calibration, lines, styles),
            )
        )
    if all("nll" in line.scores for line in lines):
        found.append(
            Picture(
                f"compute-{dataset}",
                f"NLL against compute on {dataset}",
                partial(draw_compute, lines),
            )
        )
    return found
