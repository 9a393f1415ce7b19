"""The report of results folders: one HTML page, Markdown, LaTeX, pictures and tables."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from filelock import FileLock

from bayesdrop.benchmark.report.figures.ranks import draw_ranks
from bayesdrop.benchmark.report.figures.row_styles import row_styles
from bayesdrop.benchmark.report.figures.scores import draw_scores
from bayesdrop.benchmark.report.html import html
from bayesdrop.benchmark.report.latex import latex
from bayesdrop.benchmark.report.markdown import markdown
from bayesdrop.benchmark.report.published import published_on
from bayesdrop.benchmark.run.store import Store
from bayesdrop.benchmark.stats.analysis import Analysis, analyse
from bayesdrop.files import errors_name, remove_leftovers, temporary_path
from bayesdrop.show.style import save

_NOT_OF_EVERY_FOLDER = ("signed-rank.csv", "ranks-rmse.png", "ranks-nll.png")
_LOCK = ".report.lock"
_PART = "report"


def write_report(*folders: str | Path, out: str | Path | None = None) -> list[Path]:
    """Write the report of a results folder into it, or of several together into ``out``.

    What is there of an earlier report is replaced, file by file, once all of the new one is made;
    ranks go where there are none any more. Reports of one folder wait for each other, so that all
    files are of the same records.

    Parameters
    ----------
    *folders
        Results folders.
    out
        The folder to write to, which is made if it is not there. Default: the results folder, if
        there is one.

    Returns
    -------
    paths
        The files that were written: ``report.html``, which needs no other file and no network;
        ``report.md`` with ``scores-<dataset>.png`` and ``ranks-<metric>.png``; ``tables.tex``;
        ``table.csv`` and ``table.parquet``
        (:func:`bayesdrop.benchmark.stats.long_table.long_table`); ``summary.csv``
        (:class:`bayesdrop.benchmark.stats.analysis.Analysis`); ``differences.csv``
        (:func:`bayesdrop.benchmark.stats.paired_tests.paired_differences`); and, for three data
        sets or more, ``signed-rank.csv``
        (:func:`bayesdrop.benchmark.stats.signed_rank.signed_rank`).

    Raises
    ------
    FileNotFoundError, ValueError
        One is no results folder, none has results yet, a record is damaged, there are several and
        no ``out``, or rows that differ have one label.
    OSError
        The report can't be written, for example because the disk is full.
    """
    if out is None and len(folders) != 1:
        raise ValueError("a report of several results folders: say with --out where it goes")
    for results in folders:
        Store(results).suite()  # raises before anything is made
    folder = Path(out or folders[0])
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / _LOCK):  # two reports at once would mix their files
        return _write(analyse(*folders), folder)


def _write(analysis: Analysis, folder: Path) -> list[Path]:
    """Make all files in a temporary folder, and put them in their place."""
    remove_leftovers(folder, of=_PART)
    temporary = temporary_path(folder / _PART)
    try:
        with errors_name(folder):
            temporary.mkdir()
            made = [*_texts(analysis, temporary), *_pictures(analysis, temporary)]
            made += _tables(analysis, temporary)
            for path in made:
                os.replace(path, folder / path.name)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    written = [folder / path.name for path in made]
    for stale in {folder / name for name in _NOT_OF_EVERY_FOLDER}.difference(written):
        stale.unlink(missing_ok=True)
    return written


def _texts(analysis: Analysis, folder: Path) -> list[Path]:
    texts = {"report.html": html, "report.md": markdown, "tables.tex": latex}
    for name, form in texts.items():
        (folder / name).write_text(form(analysis), encoding="utf-8")
    return [folder / name for name in texts]


def _pictures(analysis: Analysis, folder: Path) -> list[Path]:
    written, styles = [], row_styles(analysis.every_line)
    for dataset, group in analysis.lines.items():
        if scored := [line for line in group if line.scores]:
            figure = draw_scores(scored, styles, published_on(dataset))
            written.append(save(figure, folder / f"scores-{dataset}.png"))
    for metric, ranks in analysis.ranks.items():
        if ranks.are_tested:
            figure = draw_ranks(ranks, metric, analysis.short_chains)
            written.append(save(figure, folder / f"ranks-{metric}.png"))
    return written


def _tables(analysis: Analysis, folder: Path) -> list[Path]:
    analysis.table.to_parquet(folder / "table.parquet", index=False)
    frames = {"table.csv": analysis.table, "summary.csv": analysis.summary}
    frames["differences.csv"] = analysis.differences
    if analysis.signed_rank is not None:
        frames["signed-rank.csv"] = analysis.signed_rank
    for name, frame in frames.items():
        frame.to_csv(folder / name, index=False)
    return [folder / "table.parquet", *(folder / name for name in frames)]
