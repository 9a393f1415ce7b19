"""The legend of a table: what its marks and its columns mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bayesdrop.benchmark.stats.overview import Line

COLUMNS = {
    "converged": (
        "The number of splits on which the fit passed its convergence check. Chains pass if R-hat "
        "is at most 1.05 and the effective sample size at least 100. Both are checked for f(x) at "
        "the training rows, for the likelihood's other parameters and for the log joint. Few draws "
        "may diverge, few trees may be full and few chains may be left out. SVI passes if its "
        "guide is at its optimum. A dash means that the method has no check."
    ),
    "max R-hat f(x)": (
        "The largest R-hat of the network's output f(x), over training rows and splits. It is near "
        "1 where the chains agree."
    ),
    "rows > 1.05": "The share of training rows where that R-hat is above 1.05.",
    "diverg.": (
        "The number of divergent draws, over all chains and splits. A draw of MCLMC counts if more "
        "than a tenth of its steps were refused."
    ),
    "RMSE": "The root mean squared error of the predictive mean. Lower is better.",
    "RMSE sd": "The standard deviation of the RMSE over splits.",
    "accuracy": "The share of test rows whose most probable class is right. Higher is better.",
    "NLL": (
        "The negative log-likelihood per test row, in nats, of the mixture over all draws. Lower "
        "is better."
    ),
    "NLL sd": "The standard deviation of the NLL over splits.",
    "CRPS": "The continuous ranked probability score. Lower is better.",
    "MAE": "The mean absolute error of the predictive mean. Lower is better.",
    "MAE per draw": (
        'The mean absolute error of single draws. Some published tables call this "RMSE".'
    ),
    "cover 90 %": "The share of test rows inside their central 90 % interval. It should be 90 %.",
    "Brier": "The Brier score. Lower is better.",
    "ECE": "The expected calibration error (Guo et al. 2017). It should be near 0.",
    "adaptive ECE": "The same with bins of equal size.",
    "s / split": (
        "The wall time of a split in seconds, with compilation. It depends on the processor and on "
        "how many processes ran at once."
    ),
    "splits": "The number of splits that ran, and of those that failed.",
    "average rank": (
        "The mean rank over data sets, ± its standard deviation (n in the denominator), and the "
        "number of rows that are ranked. A row that lacks splits has no rank."
    ),
}
"""Head of a column → what is in it."""
DETAILS = ("rows > 1.05", "diverg.", "RMSE sd", "NLL sd", "MAE", "MAE per draw")
"""Columns that a narrow screen and a paper do without."""

NOT_CONVERGED, LEFT_OUT, BEATEN, OLD_VERDICT, MIXED, PER_DRAW = "°", "†", "§", "¶", "◊", "‡"

MARKS = {
    NOT_CONVERGED: "On some splits this fit had not converged.",
    LEFT_OUT: "Chains that ran away are left out.",
    BEATEN: "A row that lacks splits has a better mean, over the splits it has.",
    OLD_VERDICT: (
        "An earlier version judged these chains. It looked at R-hat of f(x) alone, at the test "
        "rows. That R-hat is shown here. Every refused step of MCLMC counted as a divergence."
    ),
    MIXED: "Several versions of a package ran the splits.",
    PER_DRAW: (
        "This is no RMSE. It is the mean absolute error of single draws, ± the standard deviation."
    ),
}
"""Mark → what it says of the number or the row that has it."""

FEWER = "(n splits)"
LACKING = "This row has not run on all the splits that other rows have."


def marks(line: Line) -> str:
    """Return the marks of what qualifies all numbers of a line."""
    found = {
        NOT_CONVERGED: line.not_converged,
        LEFT_OUT: line.left_out,
        OLD_VERDICT: line.old_verdict,
        MIXED: line.mixed,
    }
    return "".join(mark for mark, holds in found.items() if holds)


def mark_legend(rows: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return the marks that a table has, with what they say."""
    cells = [text for row in rows for text in row.values()]
    found = {mark: said for mark, said in MARKS.items() if any(mark in text for text in cells)}
    if any(text.endswith((" split)", " splits)")) for text in cells):
        found[FEWER] = LACKING
    return found


def column_legend(heads: Iterable[str]) -> dict[str, str]:
    """Return those of the columns that need to be explained, with what is in them."""
    return {head: COLUMNS[head] for head in heads if head in COLUMNS}
