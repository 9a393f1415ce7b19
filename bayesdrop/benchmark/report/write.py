"""The report of results folders: one HTML page, Markdown, LaTeX, pictures and tables."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Literal

from filelock import FileLock

from bayesdrop.benchmark.report.html import html
from bayesdrop.benchmark.report.latex import latex
from bayesdrop.benchmark.report.markdown import markdown
from bayesdrop.benchmark.report.pictures import FIGURE_FORMATS, FigureFormat, Pictures, pictures_of
from bayesdrop.benchmark.report.published import PUBLISHED, Published
from bayesdrop.benchmark.run.store import Store
from bayesdrop.benchmark.stats.analysis import Analysis, analyse
from bayesdrop.files import errors_name, remove_leftovers, temporary_path
from bayesdrop.wording import unknown

WhichPublished = Literal["all", "none"]
_CHOICES: dict[WhichPublished, tuple[Published, ...]] = {"all": PUBLISHED, "none": ()}
_NOT_OF_EVERY_REPORT = (
    *("ranks-rmse", "ranks-nll", "convergence"),
    *("model-or-inference-rmse", "model-or-inference-nll"),
)
_LOCK = ".report.lock"
_PART = "report"


def write_report(
    *folders: str | Path,
    out: str | Path | None = None,
    figures: FigureFormat = "png",
    published: WhichPublished = "all",
) -> list[Path]:
    """Write the report of a results folder into it, or of several together into ``out``.

    What is there of an earlier report is replaced, file by file, once all of the new one is made.
    Pictures and tests that the new one does not have are deleted, also pictures in other formats.
    Reports of one folder wait for each other, so that all files are of the same records.

    Parameters
    ----------
    *folders
        Results folders.
    out
        The folder to write to, which is made if it is not there. Default: the results folder, if
        there is one.
    figures
        The format of the picture files. ``"png"`` is the default. ``"pdf"`` and ``"svg"`` are
        vectors for a paper. Every picture is 3.25 inches wide, which fits a column.
    published
        ``"all"``, the default, shows published scores beside the results. ``"none"`` leaves them
        out of tables and pictures.

    Returns
    -------
    paths
        The files that were written: ``report.html``, which needs no other file and no network;
        ``report.md`` with its pictures, such as ``scores-<dataset>.png`` and
        ``ranks-<metric>.png``; ``tables.tex``; ``table.csv`` and ``table.parquet``
        (:func:`bayesdrop.benchmark.stats.long_table.long_table`); ``summary.csv``
        (:class:`bayesdrop.benchmark.stats.analysis.Analysis`); ``differences.csv``
        (:func:`bayesdrop.benchmark.stats.paired_tests.paired_differences`); and, for three data
        sets or more, ``signed-rank.csv``
        (:func:`bayesdrop.benchmark.stats.signed_rank.signed_rank`).

    Raises
    ------
    FileNotFoundError, ValueError
        One is no results folder, none has results yet, a record is damaged, there are several and
        no ``out``, rows that differ have one label, or there is no such format or choice of
        published scores.
    OSError
        The report can't be written, for example because the disk is full.
    """
    if figures not in FIGURE_FORMATS:
        raise ValueError(unknown("format of figures", figures, FIGURE_FORMATS))
    if published not in _CHOICES:
        raise ValueError(unknown("choice of published scores", published, _CHOICES))
    if out is None and len(folders) != 1:
        raise ValueError("a report of several results folders: say with --out where it goes")
    for results in folders:
        Store(results).suite()  # raises before anything is made
    folder = Path(out or folders[0])
    folder.mkdir(parents=True, exist_ok=True)
    shown = _CHOICES[published]
    with FileLock(folder / _LOCK):  # two reports at once would mix their files
        return _write(analyse(*folders), folder, figures, shown)


def _write(
    analysis: Analysis, folder: Path, figures: FigureFormat, shown: tuple[Published, ...]
) -> list[Path]:
    """Make all files in a temporary folder, and put them in their place."""
    remove_leftovers(folder, of=_PART)
    temporary = temporary_path(folder / _PART)
    try:
        with errors_name(folder):
            temporary.mkdir()
            pictures = pictures_of(analysis, shown)
            made = [picture.save(temporary, figures) for picture in pictures.every]
            made += _texts(analysis, shown, pictures, figures, temporary)
            made += _tables(analysis, temporary)
            for path in made:
                os.replace(path, folder / path.name)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    written = [folder / path.name for path in made]
    for stale in {folder / name for name in _replaced(pictures)}.difference(written):
        stale.unlink(missing_ok=True)
    return written


def _replaced(pictures: Pictures) -> set[str]:
    """The names of files that an earlier report may have left and this one may not have."""
    names = {*_NOT_OF_EVERY_REPORT, *(picture.name for picture in pictures.every)}
    return {"signed-rank.csv", *(f"{name}.{form}" for name in names for form in FIGURE_FORMATS)}


def _texts(
    analysis: Analysis,
    shown: tuple[Published, ...],
    pictures: Pictures,
    figures: FigureFormat,
    folder: Path,
) -> list[Path]:
    texts = {
        "report.html": html(analysis, shown, pictures),
        "report.md": markdown(analysis, shown, figures),
        "tables.tex": latex(analysis, shown),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def _tables(analysis: Analysis, folder: Path) -> list[Path]:
    analysis.table.to_parquet(folder / "table.parquet", index=False)
    frames = {"table.csv": analysis.table, "summary.csv": analysis.summary}
    frames["differences.csv"] = analysis.differences
    if analysis.signed_rank is not None:
        frames["signed-rank.csv"] = analysis.signed_rank
    for name, frame in frames.items():
        frame.to_csv(folder / name, index=False)
    return [folder / "table.parquet", *(folder / name for name in frames)]
