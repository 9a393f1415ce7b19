"""The tables over all data sets as texts: scores and ranks, and tests over data sets."""

from __future__ import annotations

from collections.abc import Sequence

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.report.dataset_tables import convergence_cells
from bayesdrop.benchmark.report.legend import BEATEN, LEFT_OUT, NOT_CONVERGED, OLD_VERDICT
from bayesdrop.benchmark.report.numbers import number, plus_minus
from bayesdrop.benchmark.report.published import PUBLISHED, Published
from bayesdrop.benchmark.report.words import counted, listed
from bayesdrop.benchmark.stats.analysis import Analysis
from bayesdrop.benchmark.stats.comparable import best_lines, better_on_fewer, every_split
from bayesdrop.benchmark.stats.overview import Line
from bayesdrop.benchmark.stats.ranks import Ranks


def cross_dataset_table(
    analysis: Analysis, metric: str
) -> tuple[list[dict[str, str]], set[tuple[int, str]]]:
    """Return rows × data sets of one score, and which cells are the best of their data set.

    Rows are in the suite's order, those of earlier settings after them. How they converged comes
    directly after their names. Cells name what they lack: splits, convergence (°), chains (†), a
    score at all. § marks a best cell that a row of fewer splits beats. ¶ marks a verdict of an
    earlier version.
    """
    lines = {(line.row, line.dataset): line for g in analysis.lines.values() for line in g}
    place = {row.title: k for k, row in enumerate(analysis.suite.every_row)}
    rows = sorted(
        dict.fromkeys(row for row, _ in lines), key=lambda row: place.get(row, len(place))
    )
    every = {dataset: every_split(group) for dataset, group in analysis.lines.items()}
    heads = dataset_heads(analysis)
    ranks = analysis.ranks.get(metric)
    table = []
    for row in rows:
        own = [line for line in analysis.every_line if line.row == row]
        cells = {"row": row} | convergence_cells(own)
        cells["converged"] += OLD_VERDICT * any(line.old_verdict for line in own)
        for dataset, splits in every.items():
            cells[heads[dataset]] = _score_cell(lines.get((row, dataset)), metric, splits)
        if ranks is not None:
            cells["average rank"] = _average_rank(ranks, row)
        table.append(cells)
    best = set()
    for dataset, group in analysis.lines.items():
        beaten = BEATEN if better_on_fewer(group, metric) else ""
        for k in best_lines(group, metric):
            table[rows.index(group[k].row)][heads[dataset]] += beaten
            best.add((rows.index(group[k].row), heads[dataset]))
    return table, best


def dataset_heads(analysis: Analysis) -> dict[str, str]:
    """Return data set → column head: its name, and on how many splits a row must have run."""
    counts = {name: len(every_split(group)) for name, group in analysis.lines.items()}
    return {name: f"{name} ({count})" if count else name for name, count in counts.items()}


def _average_rank(ranks: Ranks, row: str) -> str:
    if row not in ranks.ranks:
        return "–"
    found = ranks.ranks[row]
    return f"{found.mean():.1f} ± {found.std(ddof=0):.1f} of {ranks.ranks.shape[1]}"


def _score_cell(line: Line | None, metric: str, every: frozenset[int]) -> str:
    if line is None:
        return "–"
    failed = f"{line.failed} failed" if line.failed else ""
    if metric not in line.scores:
        return failed or "–"
    fewer = counted(line.n, "split") if line.splits != every else ""
    lacking = ", ".join(filter(None, (fewer, failed)))
    mark = NOT_CONVERGED * bool(line.not_converged) + LEFT_OUT * bool(line.left_out)
    return plus_minus(line.scores[metric]) + mark + (f" ({lacking})" if lacking else "")


def published_rows(
    analysis: Analysis, metric: str, published: Sequence[Published] = PUBLISHED
) -> list[dict[str, str]]:
    """Return published scores, to stand below :func:`cross_dataset_table`."""
    heads, ranked = dataset_heads(analysis), metric in analysis.ranks
    table = []
    for publication in published:
        scores = publication.rmse if metric == "rmse" else publication.nll
        if scores.keys() & analysis.lines.keys():
            cells = {"row": publication.title} | convergence_cells([])
            cells |= {head: str(scores.get(dataset, "–")) for dataset, head in heads.items()}
            rank = publication.average_rank if metric == "rmse" else None
            own = {"average rank": f"{rank} of 6" if rank else "–"}
            table.append(cells | (own if ranked else {}))
    return table


def rank_note(analysis: Analysis, metric: str) -> str:
    """Say which data sets the average ranks are over, and what is left out."""
    ranks = analysis.ranks[metric]
    sentences = [f"These average ranks are over {listed(list(ranks.ranks.index))}."]
    if ranks.datasets_left_out:
        names = listed(ranks.datasets_left_out)
        sentences.append(f"Some of the ranked rows lack splits of {names}.")
    if ranks.left_out:
        sentences.append(f"These rows lack splits and have no rank: {'; '.join(ranks.left_out)}.")
    return " ".join(sentences)


def rank_test_table(analysis: Analysis) -> list[dict[str, str]]:
    """Return Friedman's test and Nemenyi's critical difference, by each metric."""
    return [
        {
            "metric": METRICS[metric].title,
            "data sets": str(len(ranks.ranks)),
            "rows": str(len(ranks.ranks.columns)),
            "p (Friedman)": number(ranks.friedman_p, 2),
            "critical difference (Nemenyi)": number(ranks.critical_difference, 3),
        }
        for metric, ranks in analysis.ranks.items()
        if ranks.are_tested
    ]


def signed_rank_table(analysis: Analysis) -> list[dict[str, str]]:
    """Compare every ranked row with the one of the best average rank, by each metric."""
    if analysis.signed_rank is None:
        return []
    short, rows = analysis.short_chains, {line.row for line in analysis.every_line}
    names = {row: row + NOT_CONVERGED * (row in short) for row in rows}
    found = []
    for test in analysis.signed_rank.to_dict("records"):
        best = str(analysis.ranks[test["metric"]].ranks.mean().idxmin())
        if best in (test["a"], test["b"]):
            own, other = ("a", "b") if test["b"] == best else ("b", "a")
            found.append(
                {
                    "row": names[test[own]],
                    "metric": METRICS[test["metric"]].title,
                    "against": names[best],
                    "row is lower": number(test[f"{own}_lower"], 2),
                    "equivalent": number(test["equivalent"], 2),
                    "the other is": number(test[f"{other}_lower"], 2),
                    "data sets": str(test["datasets"]),
                }
            )
    return found
