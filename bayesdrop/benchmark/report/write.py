"""The report of results folders: one HTML page, Markdown, LaTeX, pictures and tables."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Literal

from bayesdrop.benchmark.report.html import html
from bayesdrop.benchmark.report.latex import latex
from bayesdrop.benchmark.report.markdown import markdown
from bayesdrop.benchmark.report.pictures import FIGURE_FORMATS, FigureFormat, Pictures, pictures_of
from bayesdrop.benchmark.report.published import PUBLISHED, Published
from bayesdrop.benchmark.stats.analysis import Analysis, analyse
from bayesdrop.spec import unknown

WhichPublished = Literal["all", "none"]
_CHOICES: dict[WhichPublished, tuple[Published, ...]] = {"all": PUBLISHED, "none": ()}
_NOT_OF_EVERY_REPORT = ("ranks-rmse", "ranks-nll", "convergence")


def write_report(
    *folders: str | Path,
    out: str | Path | None = None,
    figures: FigureFormat = "png",
    published: WhichPublished = "all",
) -> list[Path]:
    """Write the report of a results folder into it, or of several together into ``out``.

    What is there of an earlier report is replaced, file by file, once all of the new one is made.
    Pictures and tests that the new one does not have are deleted, also pictures in other formats.

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
        One is no results folder, none has results yet, there are several and no ``out``, rows that
        differ have one label, or there is no such format or choice of published scores.
    """
    if figures not in FIGURE_FORMATS:
        raise ValueError(unknown("format of figures", figures, FIGURE_FORMATS))
    if published not in _CHOICES:
        raise ValueError(unknown("choice of published scores", published, _CHOICES))
    if out is None and len(folders) != 1:
        raise ValueError("a report of several results folders: say with --out where it goes")
    analysis, folder = analyse(*folders), Path(out or folders[0])
    folder.mkdir(parents=True, exist_ok=True)
    shown = _CHOICES[published]
    pictures = pictures_of(analysis, shown)
    with tempfile.TemporaryDirectory(prefix=".report.", suffix=".tmp", dir=folder) as name:
        made = [picture.save(Path(name), figures) for picture in pictures.every]
        texts = {
            "report.html": html(analysis, shown, pictures),
            "report.md": markdown(analysis, shown, figures),
            "tables.tex": latex(analysis, shown),
        }
        made += [_text(Path(name) / file, text) for file, text in texts.items()]
        made += _tables(analysis, Path(name))
        for path in made:
            os.replace(path, folder / path.name)
    written = [folder / path.name for path in made]
    for stale in {folder / name for name in _replaced(pictures)}.difference(written):
        stale.unlink(missing_ok=True)
    return written


def _replaced(pictures: Pictures) -> set[str]:
    """The names of files that an earlier report may have left and this one may not have."""
    names = {*_NOT_OF_EVERY_REPORT, *(picture.name for picture in pictures.every)}
    return {"signed-rank.csv", *(f"{name}.{form}" for name in names for form in FIGURE_FORMATS)}


def _text(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _tables(analysis: Analysis, folder: Path) -> list[Path]:
    analysis.table.to_parquet(folder / "table.parquet", index=False)
    frames = {"table.csv": analysis.table, "summary.csv": analysis.summary}
    frames["differences.csv"] = analysis.differences
    if analysis.signed_rank is not None:
        frames["signed-rank.csv"] = analysis.signed_rank
    for name, frame in frames.items():
        frame.to_csv(folder / name, index=False)
    return [folder / "table.parquet", *(folder / name for name in frames)]
