"""The report as one HTML page that needs no other file and no network."""

from __future__ import annotations

import base64
import io
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.report.cross_dataset_tables import (
    not_begun,
    published_rows,
    rank_note,
    signed_rank_table,
    wide_table,
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
    AGAINST_THE_BEST,
    HOW_TO_READ,
    PUBLISHED_NOTE,
    SIGNED_RANK_NOTE,
    TIME,
    WIDE_NOTE,
)
from bayesdrop.benchmark.report.figures.calibration import draw_calibration
from bayesdrop.benchmark.report.figures.compute import draw_compute
from bayesdrop.benchmark.report.figures.convergence import draw_convergence
from bayesdrop.benchmark.report.figures.ranks import draw_ranks
from bayesdrop.benchmark.report.figures.row_styles import Look, looks
from bayesdrop.benchmark.report.figures.scores import draw_scores, panels
from bayesdrop.benchmark.report.published import published_on
from bayesdrop.benchmark.report.settings import numbered, settings_of
from bayesdrop.benchmark.stats.analysis import Contents
from bayesdrop.benchmark.stats.overview import Line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TEMPLATE = "report.html.jinja"
_TEXTS = ("method", "row", "metric", "best", "against", "on", "how it was made")


def html(contents: Contents) -> str:
    """The page: tables that sort, pictures, settings, all in one text."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    every_line, known = contents.every_line, looks(contents.every_line)
    settings = settings_of(contents.records)
    return environment.get_template(_TEMPLATE).render(
        name=contents.name,
        description=contents.suite.description,
        not_begun=not_begun(contents),
        how_to_read=HOW_TO_READ.replace("*", ""),
        against_the_best=AGAINST_THE_BEST,
        cells=len(contents.records),
        across=_across(contents) if len(contents.lines) > 1 else [],
        signed_rank_note=SIGNED_RANK_NOTE,
        signed_rank=_table(signed_rank_table(contents)),
        datasets=[_section(contents, known, *group) for group in contents.lines.items()],
        convergence=_embedded(draw_convergence(every_line, known)),
        time_note=TIME,
        time=_table([time_cells(line) for line in every_line if line.n]),
        not_run={
            status: not_run(contents.records, contents.names, status)
            for status in ("skipped", "failed")
        },
        settings=settings,
        versions=numbered(settings.versions),
        machines=numbered(settings.machines),
    )


def _across(contents: Contents) -> list[dict[str, Any]]:
    """For each metric the table over all data sets, and the ranks."""
    sections = []
    for metric in contents.ranked_metrics:
        rows, best = wide_table(contents, metric)
        published, ranks = published_rows(contents, metric), contents.ranks.get(metric)
        drawn = ranks and ranks.are_tested and draw_ranks(ranks, metric, contents.short_chains)
        sections.append(
            {
                "title": METRICS[metric].title,
                "table": _table(rows, best, published),
                "note": f"{WIDE_NOTE} {PUBLISHED_NOTE}" if published else WIDE_NOTE,
                "rank_note": rank_note(contents, metric) if ranks else "",
                "ranks": _embedded(drawn or None),
            }
        )
    return sections


def _section(
    contents: Contents, known: dict[str, Look], dataset: str, lines: Sequence[Line]
) -> dict[str, Any]:
    scored = [line for line in lines if line.scores]
    published = published_on(dataset)
    drawn: dict[str, Figure | None] = {}
    if scored:
        drawn[f"{' and '.join(panels(scored))} of every row"] = draw_scores(
            scored, known, published
        )
        drawn["calibration and coverage"] = draw_calibration(scored, known)
        if all("nll" in line.scores for line in scored):
            drawn["NLL against compute"] = draw_compute(scored, known)
    pairs: list[dict[str, Any]] = contents.differences.to_dict("records")  # type: ignore[assignment]
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
