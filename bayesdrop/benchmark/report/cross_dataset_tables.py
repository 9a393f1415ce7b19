"""The tables over all data sets as texts: scores and ranks, and the signed-rank test."""

from __future__ import annotations

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.report.dataset_tables import chain_cells, marked
from bayesdrop.benchmark.report.numbers import number, plus_minus
from bayesdrop.benchmark.report.published import PER_DRAW, PUBLISHED
from bayesdrop.benchmark.stats.analysis import Analysis
from bayesdrop.benchmark.stats.comparable import best_lines, every_split
from bayesdrop.benchmark.stats.overview import Line
from bayesdrop.benchmark.stats.ranks import Ranks


def cross_dataset_table(
    analysis: Analysis, metric: str
) -> tuple[list[dict[str, str]], set[tuple[int, str]]]:
    """Return rows × data sets of one score, and which cells are the best of their data set.

    Rows are in the suite's order, those of earlier settings after them.
    Cells name what they lack: splits, convergence (°), chains (†), a score at all.
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
        cells = {"row": row}
        for dataset, splits in every.items():
            cells[heads[dataset]] = _score_cell(lines.get((row, dataset)), metric, splits)
        if ranks is not None:
            cells["average rank"] = _average_rank(ranks, row)
        own = [line for line in analysis.every_line if line.row == row]
        table.append(cells | chain_cells(own))
    return table, {
        (rows.index(group[k].row), heads[dataset])
        for dataset, group in analysis.lines.items()
        for k in best_lines(group, metric)
    }


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
    noun = "split" if line.n == 1 else "splits"
    fewer = f"{line.n} {noun}" if line.splits != every else ""
    lacking = ", ".join(filter(None, (fewer, failed)))
    mark = ("°" if line.not_converged else "") + ("†" if line.left_out else "")
    return plus_minus(line.scores[metric]) + mark + (f" ({lacking})" if lacking else "")


def published_rows(analysis: Analysis, metric: str) -> list[dict[str, str]]:
    """Return published scores, to stand below :func:`cross_dataset_table`."""
    ranked = metric in analysis.ranks
    table = []
    for publication in PUBLISHED:
        scores = publication.rmse if metric == "rmse" else publication.nll
        if scores.keys() & analysis.lines.keys():
            cells = {"row": publication.name + PER_DRAW * publication.per_draw}
            heads = dataset_heads(analysis)
            cells |= {head: str(scores.get(dataset, "–")) for dataset, head in heads.items()}
            rank = publication.average_rank if metric == "rmse" else None
            own = {"average rank": f"{rank} of 6" if rank else "–"}
            table.append(cells | (own if ranked else {}) | chain_cells([]))
    return table


def rows_not_begun(analysis: Analysis) -> str:
    """Say which rows of the suite have no cell yet, by data set; say nothing if all have."""
    begun = set(zip(analysis.table["dataset"], analysis.table["row"], strict=True))
    titles = {(row.model, row.inference): row.title for row in analysis.suite.every_row}
    rows: dict[str, list[str]] = {}
    for suite in analysis.suites:
        for dataset in suite.dataset_names:
            own = (titles[row.model, row.inference] for row in suite.every_row)
            rows.setdefault(dataset, []).extend(own)
    missing: dict[str, list[str]] = {}
    for dataset, wanted in rows.items():
        lacking = [row for row in dict.fromkeys(wanted) if (dataset, row) not in begun]
        if lacking:
            text = "any row" if len(lacking) == len(set(wanted)) else "; ".join(lacking)
            missing.setdefault(text, []).append(dataset)
    return " ".join(
        f"Not run yet on {', '.join(datasets)}: {text}." for text, datasets in missing.items()
    )


def rank_note(analysis: Analysis, metric: str) -> str:
    """Say what the average ranks rest on, and how far apart they must be."""
    ranks = analysis.ranks[metric]
    sentences = [
        f"Average ranks by {METRICS[metric].title} are over {', '.join(ranks.ranks.index)}",
        "± is the standard deviation over these data sets, with n in its denominator as in the "
        "poster's",
    ]
    if ranks.are_tested:
        sentences += [
            f"The critical difference at 5 % (Nemenyi) is {number(ranks.critical_difference, 3)}",
            "Friedman's test that all are alike, by permutation within data sets, has p = "
            f"{number(ranks.friedman_p, 2)}",
        ]
    if ranks.datasets_left_out:
        names = ", ".join(ranks.datasets_left_out)
        sentences.append(f"Left out are {names}, where not all of these rows have every split")
    if ranks.left_out:
        names = "; ".join(ranks.left_out)
        sentences.append(f"These have not all splits, and so no rank: {names}")
    return ". ".join(sentences) + "."


def signed_rank_table(analysis: Analysis) -> list[dict[str, str]]:
    """Compare every ranked row with the one of the best average rank, by each metric."""
    if analysis.signed_rank is None:
        return []
    names = {line.row: line.row for line in analysis.every_line}
    names |= {line.row: marked(line) for line in analysis.every_line if line.not_converged}
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
