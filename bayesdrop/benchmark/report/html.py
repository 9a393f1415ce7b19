"""The report as one HTML page that needs no other file and no network."""

from __future__ import annotations

import base64
import io
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.report.cross_dataset_tables import (
    cross_dataset_table,
    published_rows,
    rank_note,
    rows_not_begun,
    signed_rank_table,
)
from bayesdrop.benchmark.report.dataset_tables import (
    best_cells,
    not_run,
    notes,
    published_table,
    score_table,
    tests_against_the_best,
    time_cells,
)
from bayesdrop.benchmark.report.explanations import (
    CROSS_DATASET_NOTE,
    HOW_TO_READ,
    PAIRED_TEST_NOTE,
    PUBLISHED_NOTE,
    SIGNED_RANK_NOTE,
    TIME_NOTE,
)
from bayesdrop.benchmark.report.figures.calibration import draw_calibration
from bayesdrop.benchmark.report.figures.compute import draw_compute
from bayesdrop.benchmark.report.figures.convergence import draw_convergence
from bayesdrop.benchmark.report.figures.ranks import draw_ranks
from bayesdrop.benchmark.report.figures.row_styles import RowStyle, row_styles
from bayesdrop.benchmark.report.figures.scores import draw_scores, panels
from bayesdrop.benchmark.report.published import published_on
from bayesdrop.benchmark.report.settings import numbered, settings_of
from bayesdrop.benchmark.stats.analysis import Analysis
from bayesdrop.benchmark.stats.overview import Line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TEMPLATE = "report.html.jinja"
_TEXTS = ("method", "row", "metric", "best", "against", "on", "how it was made")


def html(analysis: Analysis) -> str:
    """Return the page with tables that sort, pictures and settings, all in one text."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    every_line, styles = analysis.every_line, row_styles(analysis.every_line)
    settings = settings_of(analysis.records)
    return environment.get_template(_TEMPLATE).render(
        name=analysis.name,
        description=analysis.suite.description,
        not_begun=rows_not_begun(analysis),
        how_to_read=HOW_TO_READ.replace("*", ""),
        against_the_best=PAIRED_TEST_NOTE,
        cells=len(analysis.records),
        across=_across(analysis) if len(analysis.lines) > 1 else [],
        signed_rank_note=SIGNED_RANK_NOTE,
        signed_rank=_table(signed_rank_table(analysis)),
        datasets=[_section(analysis, styles, *group) for group in analysis.lines.items()],
        convergence=_embedded(draw_convergence(every_line, styles)),
        time_note=TIME_NOTE,
        time=_table([time_cells(line) for line in every_line if line.n]),
        not_run={
            status: not_run(analysis.records, analysis.names, status)
            for status in ("skipped", "failed")
        },
        settings=settings,
        versions=numbered(settings.versions),
        machines=numbered(settings.machines),
    )


def _across(analysis: Analysis) -> list[dict[str, Any]]:
    """For each metric the table over all data sets, and the ranks."""
    sections = []
    for metric in analysis.ranked_metrics:
        rows, best = cross_dataset_table(analysis, metric)
        published, ranks = published_rows(analysis, metric), analysis.ranks.get(metric)
        drawn = ranks and ranks.are_tested and draw_ranks(ranks, metric, analysis.short_chains)
        sections.append(
            {
                "title": METRICS[metric].title,
                "table": _table(rows, best, published),
                "note": f"{CROSS_DATASET_NOTE} {PUBLISHED_NOTE}"
                if published
                else CROSS_DATASET_NOTE,
                "rank_note": rank_note(analysis, metric) if ranks else "",
                "ranks": _embedded(drawn or None),
            }
        )
    return sections


def _section(
    analysis: Analysis, styles: dict[str, RowStyle], dataset: str, lines: Sequence[Line]
) -> dict[str, Any]:
    scored = [line for line in lines if line.scores]
    published = published_on(dataset)
    drawn: dict[str, Figure | None] = {}
    if scored:
        drawn[f"{' and '.join(panels(scored))} of every row"] = draw_scores(
            scored, styles, published
        )
        drawn["calibration and coverage"] = draw_calibration(scored, styles)
        if all("nll" in line.scores for line in scored):
            drawn["NLL against compute"] = draw_compute(scored, styles)
    pairs: list[dict[str, Any]] = analysis.differences.to_dict("records")  # type: ignore[assignment]
    own = [pair for pair in pairs if pair["dataset"] == dataset]
    return {
        "name": dataset,
        "table": _table(score_table(lines), best_cells(lines)),
        "notes": notes(lines),
        "published": _table(published_table(dataset)),
        "tests": _table(tests_against_the_best(scored, own)),
        "pictures": {title: _embedded(figure) for title, figure in drawn.items() if figure},
    }


def _table(
    rows: Sequence[dict[str, str]],
    best: Collection[tuple[int, str]] = (),
    published: Sequence[dict[str, str]] = (),
) -> dict[str, Any] | None:
    """Heads and rows of (text, whether best); ``None`` for no rows."""
    if not rows:
        return None
    shown = [
        [(text, (k, head) in best) for head, text in row.items()] for k, row in enumerate(rows)
    ]
    greyed = [[(text, False) for text in row.values()] for row in published]
    return {"heads": list(rows[0]), "rows": shown, "published": greyed, "texts": _TEXTS}


def _embedded(figure: Figure | None) -> str:
    """The picture as a data URI: vectors, with the letters as outlines."""
    if figure is None:
        return ""
    import matplotlib

    svg = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "bayesdrop"}):
        figure.savefig(svg, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(svg.getvalue().encode()).decode()
