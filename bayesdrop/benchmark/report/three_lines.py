"""The three lines that a report begins with: what is best, what converged, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.report.missing_table import in_words
from bayesdrop.benchmark.report.words import counted, listed
from bayesdrop.benchmark.stats.analysis import Analysis
from bayesdrop.benchmark.stats.comparable import best_lines
from bayesdrop.benchmark.stats.missing_cells import missing_cells, wanted_cells
from bayesdrop.benchmark.stats.overview import Line

_MOST_NAMED = 3


def three_lines(analysis: Analysis) -> dict[str, str]:
    """Return title → sentences, of what a reader should know before looking at a number."""
    return {
        "Best": _by_rank(analysis) or _by_data_set(analysis),
        "Convergence": _convergence(analysis),
        "Missing": _missing(analysis),
    }


def _by_rank(analysis: Analysis) -> str:
    """The row of the lowest average rank, among those that have every split."""
    best: dict[tuple[str, ...], list[str]] = {}
    for metric, ranks in analysis.ranks.items():
        means = ranks.ranks.mean()
        score = f"by {METRICS[metric].title} ({means.min():.1f} of {len(means)})"
        best.setdefault(tuple(means.index[means == means.min()]), []).append(score)
    if not best:
        return ""
    said = [
        f"{listed(rows)} {_verb(rows, 'has', 'share')} the lowest average rank {listed(scores)}."
        for rows, scores in best.items()
    ]
    return " ".join(said) + _caveat(analysis, {row for rows in best for row in rows})


def _by_data_set(analysis: Analysis) -> str:
    """The rows of the best means, where there are too few data sets for ranks."""
    best = {name: found for name, lines in analysis.lines.items() if (found := _best_of(lines))}
    if not best and len(set(analysis.names.values())) == 1:
        return "There is one row, so there is nothing to compare it with."
    if not best:
        return "No row is best yet, because no two rows have every split of a data set."
    if len(best) > _MOST_NAMED:
        return (
            "No row is best over all data sets yet, because no two rows have every split of three "
            "data sets. The best row of each data set is bold."
        )
    said = []
    for dataset, rows_of in best.items():
        parts = [
            f"{listed(rows)} {_verb(rows, 'is', 'are')} best by {listed(titles)}"
            for rows, titles in rows_of.items()
        ]
        said.append(f"On {dataset} {listed(parts)}.")
    firsts = {row for rows_of in best.values() for rows in rows_of for row in rows}
    return " ".join(said) + _caveat(analysis, firsts)


def _best_of(lines: Sequence[Line]) -> dict[tuple[str, ...], list[str]]:
    """The rows of the best mean of a data set → the titles of the scores that they lead."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for metric, made in METRICS.items():
        if made.axis and (found := best_lines(lines, metric)):
            rows.setdefault(tuple(lines[k].row for k in found), []).append(made.title)
    return rows


def _verb(rows: Sequence[str], of_one: str, of_several: str) -> str:
    return of_one if len(rows) == 1 else of_several


def _caveat(analysis: Analysis, firsts: set[str]) -> str:
    """What must be said of rows that are called the best."""
    lines = [line for line in analysis.every_line if line.row in firsts]
    stuck, judged = sum(line.not_converged for line in lines), sum(line.judged for line in lines)
    if not stuck:
        return ""
    whose = "its" if len(firsts) == 1 else "their"
    checked = "" if judged == sum(line.n for line in lines) else " with a convergence check"
    return f" Of {whose} {counted(judged, 'fit')}{checked}, {stuck} did not converge."


def _convergence(analysis: Analysis) -> str:
    judged, stuck = Counter[str](), Counter[str]()
    for line in analysis.every_line:
        judged[line.row] += line.judged
        stuck[line.row] += line.not_converged
    if not judged.total():
        return "None of these methods has a convergence check."
    old = sum(line.old_verdict for line in analysis.every_line)
    judges = (
        f" An earlier version judged {old:,} of these fits, by R-hat of f(x) alone." if old else ""
    )
    if not stuck.total():
        return f"All {counted(judged.total(), 'fit')} with a convergence check converged.{judges}"
    return (
        f"Of {counted(judged.total(), 'fit')} with a convergence check, {stuck.total():,} did not "
        f"converge ({_few([row for row, count in stuck.items() if count])}).{judges}"
    )


def _missing(analysis: Analysis) -> str:
    missing = missing_cells(analysis)
    lacking = sum(cells.total for cells in missing)
    said = "Every cell of the suite has run."
    if lacking:
        all_cells = counted(len(wanted_cells(analysis)), "cell")
        said = f"Of {all_cells}, {lacking:,} did not run yet"
        said += f": {in_words(missing[0])}." if len(missing) == 1 else ". They are listed below."
    for status, happened in (("failed", "failed"), ("skipped", "can't be run")):
        if cells := [record for record in analysis.records if record["status"] == status]:
            rows = dict.fromkeys(analysis.names[record["key"]].label for record in cells)
            said += f" {counted(len(cells), 'cell')} of {_few(list(rows))} {happened}."
    return said


def _few(rows: Sequence[str]) -> str:
    """Name rows, or count them if they are many."""
    return listed(rows) if len(rows) <= _MOST_NAMED else counted(len(rows), "row")
