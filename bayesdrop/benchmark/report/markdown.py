"""The text of a report, which stands on its own: tables, what is missing, settings, tests."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.report import explanations as notes
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
from bayesdrop.benchmark.report.legend import COLUMNS, mark_legend
from bayesdrop.benchmark.report.missing_table import missing_table
from bayesdrop.benchmark.report.pictures import FigureFormat, Picture, Pictures, pictures_of
from bayesdrop.benchmark.report.published import PUBLISHED, Published
from bayesdrop.benchmark.report.settings import numbered, settings_of
from bayesdrop.benchmark.report.three_lines import three_lines
from bayesdrop.benchmark.run.stored_record import Record
from bayesdrop.benchmark.stats.analysis import Analysis

_PIXELS = 400


def markdown(
    analysis: Analysis,
    published: Sequence[Published] = PUBLISHED,
    figures: FigureFormat = "png",
) -> str:
    """Return the report in Markdown, with published scores beside ours.

    Its pictures are the files that :class:`~bayesdrop.benchmark.report.pictures.Picture` names,
    with ``figures`` as their ending.
    """
    pictures = pictures_of(analysis, published)
    tests = list(_appendix(analysis))
    sections = [
        f"# {analysis.name}",
        analysis.suite.description,
        "\n".join(f"- **{title}.** {text}" for title, text in three_lines(analysis).items()),
        notes.HOW_TO_READ,
        notes.TESTS_NOTE if tests else "",
    ]
    if len(analysis.lines) > 1:
        sections += _across(analysis, published, pictures, figures)
    if analysis.decompositions:
        sections += ["## Model or inference?", notes.DECOMPOSITION_NOTE]
    for metric, found in analysis.decompositions.items():
        sections += [f"### {METRICS[metric].title}", markdown_table(decomposition_table(found))]
        sections.append(_shown(pictures.decompositions[metric], figures))
    for dataset in analysis.lines:
        sections += _of_dataset(analysis, dataset, published)
        sections.append("\n".join(_shown(p, figures) for p in pictures.datasets[dataset]))
    sections += ["## What the columns mean", _list(COLUMNS)]
    if pictures.convergence:
        shown = _shown(pictures.convergence, figures)
        sections += ["## Convergence", notes.CONVERGENCE_NOTE, shown]
    if missing := missing_table(analysis):
        sections += ["## Missing", notes.MISSING_NOTE, markdown_table(missing)]
    for status in ("skipped", "failed"):
        if found := not_run(analysis.records, analysis.names, status):
            sections += [f"## {status.capitalize()}", "\n".join(f"- {line}" for line in found)]
    if times := [time_cells(line) for line in analysis.every_line if line.n]:
        sections += ["## Time", notes.TIME_NOTE, markdown_table(times)]
    sections += [*_what_ran(analysis.records), *tests]
    return "\n\n".join(section for section in sections if section) + "\n"


def _across(
    analysis: Analysis, published: Sequence[Published], pictures: Pictures, figures: FigureFormat
) -> Iterator[str]:
    """Rows × data sets, and ranks."""
    yield "## All data sets"
    if analysis.ranks:
        yield notes.RANKS_NOTE
    for metric in analysis.ranked_metrics:
        table, best = cross_dataset_table(analysis, metric)
        yield f"### {METRICS[metric].title}"
        beside = published_rows(analysis, metric, published)
        italic = [row | {"row": f"*{row['row']}*"} for row in beside]
        yield markdown_table(table + italic, best)
        yield _list(mark_legend(table + beside))
        if beside:
            yield notes.PUBLISHED_NOTE
        if metric in analysis.ranks:
            yield rank_note(analysis, metric)
        if metric in pictures.ranks:
            yield _shown(pictures.ranks[metric], figures)


def _of_dataset(analysis: Analysis, dataset: str, published: Sequence[Published]) -> Iterator[str]:
    """The table of a data set, what its marks mean, and published scores."""
    lines = analysis.lines[dataset]
    table = score_table(lines)
    yield f"## {dataset}"
    yield markdown_table(table, best_cells(lines))
    yield _list(mark_legend(table))
    if why := qualified(lines):
        yield markdown_table(why)
    if rows := published_table(dataset, published):
        yield "Published on this data set:"
        yield markdown_table(rows)


def _what_ran(records: Sequence[Record]) -> Iterator[str]:
    settings = settings_of(records)
    yield "## Settings"
    yield notes.SETTINGS_NOTE
    yield "\n".join(
        f"- {name}: `{model}`, `{method}`" for name, model, method in settings.configurations
    )
    if settings.data:
        yield "Data (SHA-256): " + "; ".join(settings.data) + "."
    yield f"Versions: {numbered(settings.versions)}."
    yield f"Machines: {numbered(settings.machines)}."


def _appendix(analysis: Analysis) -> Iterator[str]:
    """The tests, if there is a row to compare others with."""
    tables = {
        dataset: tests_against_the_best(lines, analysis.pairs_on(dataset))
        for dataset, lines in analysis.lines.items()
    }
    if not any(tables.values()):
        return
    yield "## Appendix: tests"
    yield notes.APPENDIX_NOTE
    yield f"### Differences to the best row of a data set\n\n{notes.PAIRED_TEST_NOTE}"
    for dataset, rows in tables.items():
        if rows:
            yield f"#### {dataset}"
            yield markdown_table(rows)
    if rows := rank_test_table(analysis):
        yield f"### Average ranks\n\n{notes.RANK_TEST_NOTE}"
        yield markdown_table(rows)
    if rows := signed_rank_table(analysis):
        yield f"### Which row is lower on a further data set?\n\n{notes.SIGNED_RANK_NOTE}"
        yield markdown_table(rows)


def _list(meanings: Mapping[str, str]) -> str:
    return "\n".join(f"- **{term}** {meaning}" for term, meaning in meanings.items())


def _shown(picture: Picture, figures: FigureFormat) -> str:
    """The picture at the width of a phone; of a PDF a link, as browsers show none in a page."""
    file = f"{picture.name}.{figures}"
    if figures == "pdf":
        return f"[{picture.text}]({file})"
    return f'<img src="{file}" width="{_PIXELS}" alt="{picture.text}">'


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
