"""Published numbers on the same data sets, with what keeps each from being compared directly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

_DATASETS = ("boston", "concrete", "energy", "kin8nm", "power", "wine", "yacht")
_ALL = ("boston", "concrete", "energy", "kin8nm", "naval", "power", "protein", "wine", "yacht")

_POSTER = "poster of Nalisnick, Hernández-Lobato & Smyth (2019, ICML)"
_QUOTED = "quoted there from other papers, whose splits and training differ; ± as printed"
_PER_DRAW = (
    "the code released with it averages |error| over rows and posterior draws (our MAE per "
    'draw), so this "RMSE" cannot be compared with an RMSE; ± is a standard deviation'
)
_SAME_SPLITS = "on these 20 standard splits, settings by grid search in each; ± not given"
_NO_SPREAD = "on 20 random splits, taken from the table of the paper it is quoted in; ± not given"


class Score(NamedTuple):
    """A number as published, and its ± where there is one."""

    value: float
    spread: float | None = None

    def __str__(self) -> str:
        value = f"{self.value:g}"
        return value if self.spread is None else f"{value} ± {self.spread:g}"


@dataclass(frozen=True)
class Published:
    """A row of a published table.

    Attributes
    ----------
    row, source, caveat
        Its name, where it is from, and how it was made.
    rmse, nll
        Data set → the score; NLL is minus the published log-likelihood.
    average_rank
        As printed, over the seven data sets of the poster.
    """

    row: str
    source: str
    caveat: str
    rmse: dict[str, Score]
    nll: dict[str, Score]
    average_rank: Score | None = None


def _poster(row: str, caveat: str, rank: Score, scores: str) -> Published:
    pairs = (text.split("±") for text in scores.split())
    rmse = {
        name: Score(float(value), float(spread))
        for name, (value, spread) in zip(_DATASETS, pairs, strict=True)
    }
    return Published(row, _POSTER, caveat, rmse, {}, rank)


def _table(row: str, source: str, caveat: str, rmse: str = "", loglik: str = "") -> Published:
    return Published(
        row,
        source,
        caveat,
        {name: Score(float(v)) for name, v in zip(_ALL, rmse.split(), strict=False)},
        {name: Score(-float(v)) for name, v in zip(_ALL, loglik.split(), strict=False)},
    )


PUBLISHED = (
    _poster(
        "Dropout (poster)",
        _QUOTED,
        Score(4.4, 1.7),
        "2.80±.13 4.50±.18 .47±.01 .08±.00 3.63±.04 .60±.01 .66±.06",
    ),
    _poster(
        "PBP (poster)",
        _QUOTED,
        Score(5.6, 0.5),
        "2.795±.16 5.241±.12 .903±.05 .071±.00 4.028±.03 .643±.01 .848±.05",
    ),
    _poster(
        "Deep GP (poster)",
        _QUOTED,
        Score(3.1, 1.8),
        "2.38±.12 4.64±.11 .57±.02 .05±.00 3.60±.03 .50±.01 .98±.09",
    ),
    _poster(
        "ARD (poster)",
        _PER_DRAW,
        Score(3.0, 1.1),
        "2.158±.20 3.805±.28 .852±.01 .066±.01 3.486±.10 .561±.03 .691±.12",
    ),
    _poster(
        "ADD (poster)",
        _PER_DRAW,
        Score(2.9, 1.0),
        "2.343±.31 4.084±.34 .867±.11 .064±.00 3.290±.06 .555±.01 .657±.14",
    ),
    _poster(
        "ARD-ADD (poster)",
        _PER_DRAW,
        Score(2.0, 1.1),
        "2.367±.18 3.761±.23 .853±.08 .064±.00 3.236±.07 .538±.03 .604±.16",
    ),
    _table(
        "MC dropout (2018 rerun)",
        "github.com/yaringal/DropoutUncertaintyExps",
        _SAME_SPLITS,
        "2.90 4.82 .54 .08 .0007 4.01 4.27 .62 .67",
        "-2.40 -2.93 -1.21 1.14 4.45 -2.80 -2.87 -.93 -1.25",
    ),
    _table(
        "Deep ensembles",
        "Lakshminarayanan, Pritzel & Blundell (2017, NeurIPS)",
        _NO_SPREAD,
        "3.28 6.03 2.09 .09 .00 4.11 4.71 .64 1.58",
        "-2.41 -3.06 -1.38 1.20 5.63 -2.79 -2.83 -.94 -1.18",
    ),
    _table(
        "DVI",
        "Wu et al. (2019, ICLR)",
        _NO_SPREAD,
        loglik="-2.41 -3.06 -1.01 1.13 6.29 -2.80 -2.85 -.90 -.47",
    ),
    _table(
        "PBP-MV",
        "Sun, Chen & Carin (2017, AISTATS)",
        _NO_SPREAD,
        loglik="-2.54 -3.04 -1.01 1.28 4.85 -2.78 -2.77 -.97 -1.64",
    ),
)
"""Rows in the order in which reports show them."""


def published_on(dataset: str) -> list[Published]:
    """The published rows that have a number on that data set."""
    return [row for row in PUBLISHED if dataset in row.rmse or dataset in row.nll]
