"""The text of a report, which stands on its own: tables, tests, what did not run, settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

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
from bayesdrop.benchmark.report.figures.scores import panels
from bayesdrop.benchmark.report.numbers import markdown_table
from bayesdrop.benchmark.report.settings import numbered, settings_of
from bayesdrop.benchmark.run.store import Record
from bayesdrop.benchmark.stats.analysis import Contents


def markdown(contents: Contents) -> str:
    """The report in Markdown; pictures are named ``scores-<dataset>.png``."""
    pairs: list[dict[str, Any]] = contents.differences.to_dict("records")  # type: ignore[assignment]
    sections = [f"# {contents.name}", contents.suite.description, not_begun(contents), HOW_TO_READ]
    if len(contents.lines) > 1:
        sections += _across(contents)
    for dataset, group in contents.lines.items():
        scored = [line for line in group if line.scores]
        sections += [
            f"## {dataset}",
            markdown_table(score_table(group), best_cells(group)),
            "\n".join(f"- {note}" for note in notes(group)),
        ]
        if scored:
            picture = f"{' and '.join(panels(scored))} on {dataset}"
            sections += [
                f"![{picture}](scores-{dataset}.png)",
            ]
        own = [pair for pair in pairs if pair["dataset"] == dataset]
        if tests := tests_against_the_best(scored, own):
            sections += [AGAINST_THE_BEST, markdown_table(tests)]
        if rows := published_table(dataset):
            sections += ["Published on this data set:", markdown_table(rows)]
    every_line = [line for line in contents.every_line if line.n]
    if every_line:
        sections += ["## Time", TIME, markdown_table([time_cells(line) for line in every_line])]
    for status in ("skipped", "failed"):
        if found := not_run(contents.records, contents.names, status):
            sections += [f"## {status.capitalize()}", "\n".join(f"- {line}" for line in found)]
    sections += _what_ran(contents.records)
    return "\n\n".join(section for section in sections if section) + "\n"


def _across(contents: Contents) -> Iterator[str]:
    """Rows × data sets, ranks and the signed-rank test."""
    for metric in contents.ranked_metrics:
        table, best = wide_table(contents, metric)
        yield f"## {METRICS[metric].title} on all data sets"
        published = [row | {"row": f"*{row['row']}*"} for row in published_rows(contents, metric)]
        yield markdown_table(table + published, best)
        yield f"{WIDE_NOTE} {PUBLISHED_NOTE}" if published else WIDE_NOTE
        if metric in contents.ranks:
            yield rank_note(contents, metric)
            if contents.ranks[metric].are_tested:
                yield f"![ranks by {METRICS[metric].title}](ranks-{metric}.png)"
    if tests := signed_rank_table(contents):
        yield SIGNED_RANK_NOTE
        yield markdown_table(tests)


def _what_ran(records: Sequence[Record]) -> Iterator[str]:
    settings = settings_of(records)
    yield "## Settings"
    yield "\n".join(f"- {name}: `{model}`, `{method}`" for name, model, method in settings.rows)
    if settings.data:
        yield "Data (SHA-256): " + "; ".join(settings.data) + "."
    yield f"Versions: {numbered(settings.versions)}."
    yield f"Machines: {numbered(settings.machines)}."
