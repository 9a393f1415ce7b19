"""The report as one HTML page that needs no other file and no network."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.report import explanations
from bayesdrop.benchmark.report.cross_dataset_tables import (
    cross_dataset_table,
    published_rows,
    rank_note,
    rank_test_table,
    signed_rank_table,
)
from bayesdrop.benchmark.report.dataset_tables import (
    best_cells,
    not_run,
    published_table,
    qualified,
    score_table,
    tests_against_the_best,
    time_cells,
)
from bayesdrop.benchmark.report.decomposition_table import decomposition_table
from bayesdrop.benchmark.report.legend import DETAILS, column_legend, mark_legend
from bayesdrop.benchmark.report.missing_table import missing_table
from bayesdrop.benchmark.report.pictures import Picture, Pictures, pictures_of
from bayesdrop.benchmark.report.published import PUBLISHED, Published
from bayesdrop.benchmark.report.settings import numbered, settings_of
from bayesdrop.benchmark.report.three_lines import three_lines
from bayesdrop.benchmark.stats.analysis import Analysis

_TEMPLATE = "report.html.jinja"
_TEXTS = (
    *("method", "row", "data set", "metric", "best", "against", "on"),
    *("mark", "why", "how it was made"),
)
_SAFE_IN_A_URI = " /=:;,.()!*~@$?"


def html(
    analysis: Analysis,
    published: Sequence[Published] = PUBLISHED,
    pictures: Pictures | None = None,
) -> str:
    """Return the page with tables that sort, pictures and settings, all in one text.

    Parameters
    ----------
    analysis
        What to report.
    published
        The published scores to show beside ours. Default: all.
    pictures
        What :func:`~bayesdrop.benchmark.report.pictures.pictures_of` returns for the same
        arguments, which is the default.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    drawn = pictures or pictures_of(analysis, published)
    settings = settings_of(analysis.records)
    return environment.get_template(_TEMPLATE).render(
        name=analysis.name,
        description=analysis.suite.description,
        three_lines=three_lines(analysis),
        texts=_TEXTS,
        details=DETAILS,
        is_ranked=bool(analysis.ranks),
        notes=explanations,
        across=_across(analysis, published, drawn) if len(analysis.lines) > 1 else [],
        decompositions=[
            {
                "title": METRICS[metric].title,
                "table": _table(decomposition_table(found)),
                "pictures": _embedded([drawn.decompositions[metric]]),
            }
            for metric, found in analysis.decompositions.items()
            if metric in drawn.decompositions
        ],
        datasets=[_section(analysis, name, published, drawn) for name in analysis.lines],
        convergence=_embedded([drawn.convergence] if drawn.convergence else []),
        time=_table([time_cells(line) for line in analysis.every_line if line.n]),
        missing=_table(missing_table(analysis)),
        not_run={
            status: not_run(analysis.records, analysis.names, status)
            for status in ("skipped", "failed")
        },
        settings=settings,
        versions=numbered(settings.versions),
        machines=numbered(settings.machines),
        paired_tests=_paired_tests(analysis),
        rank_tests=_table(rank_test_table(analysis)),
        signed_rank=_table(signed_rank_table(analysis)),
    )


def _across(
    analysis: Analysis, published: Sequence[Published], drawn: Pictures
) -> list[dict[str, Any]]:
    """For each metric the table over all data sets, and the ranks."""
    sections = []
    for metric in analysis.ranked_metrics:
        rows, best = cross_dataset_table(analysis, metric)
        beside = published_rows(analysis, metric, published)
        sections.append(
            {
                "title": METRICS[metric].title,
                "table": _table(rows, best, beside),
                "has_published": bool(beside),
                "rank_note": rank_note(analysis, metric) if metric in analysis.ranks else "",
                "pictures": _embedded([drawn.ranks[metric]] if metric in drawn.ranks else []),
            }
        )
    return sections


def _section(
    analysis: Analysis, dataset: str, published: Sequence[Published], drawn: Pictures
) -> dict[str, Any]:
    lines = analysis.lines[dataset]
    return {
        "name": dataset,
        "table": _table(score_table(lines), best_cells(lines)),
        "qualified": _table(qualified(lines)),
        "published": _table(published_table(dataset, published)),
        "pictures": _embedded(drawn.datasets[dataset]),
    }


def _paired_tests(analysis: Analysis) -> dict[str, Any]:
    """Data set → its table, where there is a best row to compare with."""
    tables = {
        dataset: _table(tests_against_the_best(lines, analysis.pairs_on(dataset)))
        for dataset, lines in analysis.lines.items()
    }
    return {dataset: table for dataset, table in tables.items() if table}


def _table(
    rows: Sequence[dict[str, str]],
    best: Collection[tuple[int, str]] = (),
    published: Sequence[dict[str, str]] = (),
) -> dict[str, Any] | None:
    """Heads, rows of (text, whether best), and the legend; ``None`` for no rows."""
    if not rows:
        return None
    shown = [
        [(text, (k, head) in best) for head, text in row.items()] for k, row in enumerate(rows)
    ]
    return {
        "heads": list(rows[0]),
        "rows": shown,
        "published": [[(text, False) for text in row.values()] for row in published],
        "legend": mark_legend([*rows, *published]) | column_legend(rows[0]),
    }


def _embedded(pictures: Sequence[Picture]) -> list[tuple[str, str]]:
    """What each picture shows, and the picture as a data URI: vectors."""
    return [
        (picture.text, f"data:image/svg+xml,{quote(picture.svg(), safe=_SAFE_IN_A_URI)}")
        for picture in pictures
    ]
