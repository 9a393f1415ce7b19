"""The text of a report, which stands on its own: tables, tests, what did not run, settings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

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
from bayesdrop.benchmark.report.figures.scores import panels
from bayesdrop.benchmark.report.settings import numbered, settings_of
from bayesdrop.benchmark.run.store import Record
from bayesdrop.benchmark.stats.analysis import Analysis


def markdown(analysis: Analysis) -> str:
    """Return the report in Markdown; its pictures are named ``scores-<dataset>.png``."""
    pairs: list[dict[str, Any]] = analysis.differences.to_dict("records")  # type: ignore[assignment]
    sections = [
        f"# {analysis.name}",
        analysis.suite.description,
        rows_not_begun(analysis),
        HOW_TO_READ,
    ]
    if len(analysis.lines) > 1:
        sections += _across(analysis)
    for dataset, group in analysis.lines.items():
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
            sections += [PAIRED_TEST_NOTE, markdown_table(tests)]
        if rows := published_table(dataset):
            sections += ["Published on this data set:", markdown_table(rows)]
    every_line = [line for line in analysis.every_line if line.n]
    if every_line:
        sections += [
            "## Time",
            TIME_NOTE,
            markdown_table([time_cells(line) for line in every_line]),
        ]
    for status in ("skipped", "failed"):
        if found := not_run(analysis.records, analysis.names, status):
            sections += [f"## {status.capitalize()}", "\n".join(f"- {line}" for line in found)]
    sections += _what_ran(analysis.records)
    return "\n\n".join(section for section in sections if section) + "\n"


def _across(analysis: Analysis) -> Iterator[str]:
    """Rows × data sets, ranks and the signed-rank test."""
    for metric in analysis.ranked_metrics:
        table, best = cross_dataset_table(analysis, metric)
        yield f"## {METRICS[metric].title} on all data sets"
        published = [row | {"row": f"*{row['row']}*"} for row in published_rows(analysis, metric)]
        yield markdown_table(table + published, best)
        yield f"{CROSS_DATASET_NOTE} {PUBLISHED_NOTE}" if published else CROSS_DATASET_NOTE
        if metric in analysis.ranks:
            yield rank_note(analysis, metric)
            if analysis.ranks[metric].are_tested:
                yield f"![ranks by {METRICS[metric].title}](ranks-{metric}.png)"
    if tests := signed_rank_table(analysis):
        yield SIGNED_RANK_NOTE
        yield markdown_table(tests)


def _what_ran(records: Sequence[Record]) -> Iterator[str]:
    settings = settings_of(records)
    yield "## Settings"
    yield "\n".join(
        f"- {name}: `{model}`, `{method}`" for name, model, method in settings.configurations
    )
    if settings.data:
        yield "Data (SHA-256): " + "; ".join(settings.data) + "."
    yield f"Versions: {numbered(settings.versions)}."
    yield f"Machines: {numbered(settings.machines)}."


def markdown_table(rows: Sequence[dict[str, str]], best: Collection[tuple[int, str]] = ()) -> str:
    """Return a Markdown table, best cells bold; the first column is text, the others numbers."""
    heads = list(rows[0])
    shown = [
        [f"**{text}**" if (k, head) in best else text for head, text in row.items()]
        for k, row in enumerate(rows)
    ]
    lines = [heads, ["---"] + ["--:"] * (len(heads) - 1), *shown]
    return "\n".join("| " + " | ".join(map(_escape, line)) + " |" for line in lines)


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
