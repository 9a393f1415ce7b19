"""Published numbers on the same data sets, with what keeps each from being compared directly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from bayesdrop.benchmark.report.legend import PER_DRAW

_POSTER_SETS: tuple[str, ...] = ("boston", "concrete", "energy", "kin8nm", "power", "wine", "yacht")
_ALL: tuple[str, ...] = (
    "boston",
    "concrete",
    "energy",
    "kin8nm",
    "naval",
    "power",
    "protein",
    "wine",
    "yacht",
)

_POSTER = "Poster of Nalisnick, Hernández-Lobato & Smyth (2019, ICML)"
_BEFORE_2018 = (
    "The network has two hidden layers. The splits are these standard ones. One noise precision "
    "for all of them was tuned on rows of which some are test rows of other splits, as its authors "
    "found in 2018."
)
_QUOTED_DROPOUT = (
    "It quotes github.com/yaringal/DropoutUncertaintyExps before 2018. "
    f"{_BEFORE_2018} ± is as printed."
)
_QUOTED_PBP = (
    "It quotes this row. PBP with one hidden layer was published with other numbers (boston 3.01, "
    "concrete 5.67, yacht 1.02). ± is as printed."
)
_QUOTED = "It quotes this row from other papers, whose splits and training differ. ± is as printed."
_PER_DRAW = (
    "The code released with it averages |error| over rows and posterior draws, which is our MAE "
    'per draw. So this "RMSE" cannot be compared with an RMSE. ± is a standard deviation.'
)
_SAME_SPLITS = (
    "The splits are these standard ones. A grid search in each of them chose the settings. "
    "± is a standard error."
)
_NO_SPREAD = (
    "The numbers are as published there. Splits, networks and tuning differ. ± is not shown here."
)
_POINT_ESTIMATIONS = "github.com/ayhamo/Probabilistic_Point_Estimations, commit 91d24b7"
_THEIR_SPLITS = "The splits are these standard ones. ± is a standard deviation over them."
_OWN_RESIDUALS = (
    "Its published NLL takes its variance from the residuals of test rows, so it is left out."
)
_TABPFN = (
    f"{_THEIR_SPLITS} It learned before from other tables, and nothing is tuned. Its density has "
    "bins, which can be narrow at values that many targets share. So its NLL gains on wine and "
    "power. Its NLL on protein is of 4 of 5 splits."
)
_XGBOOST = (
    f"{_THEIR_SPLITS} All sets have one configuration, found on one split each of concrete, "
    f"power and protein. {_OWN_RESIDUALS}"
)
_CATBOOST = f"{_THEIR_SPLITS} All sets have one configuration, untuned. {_OWN_RESIDUALS}"


class Score(NamedTuple):
    """A score is a number as printed, with its value and its ± where there is one."""

    printed: str
    value: float
    spread: float | None = None

    def __str__(self) -> str:
        return self.printed

    @classmethod
    def of(cls, printed: str) -> Score:
        """Read a text such as ``"2.80 ± .13"``."""
        value, _, spread = printed.partition("±")
        return cls(printed, float(value), float(spread) if spread else None)


@dataclass(frozen=True)
class Published:
    """This is a line of a published table.

    Attributes
    ----------
    name, source, caveat
        What the publication calls it, where it is from, and how it was made.
    rmse, nll
        Data set → the score; NLL is minus the published log-likelihood.
    average_rank
        The average rank as printed, over the seven data sets of the poster.
    """

    name: str
    source: str
    caveat: str
    rmse: dict[str, Score]
    nll: dict[str, Score]
    average_rank: Score | None = None

    @property
    def title(self) -> str:
        """Return its name, with a mark if its "RMSE" is the mean absolute error of single draws."""
        return self.name + (PER_DRAW if self.caveat == _PER_DRAW else "")


def _poster(name: str, caveat: str, average_rank: str, rmse: str) -> Published:
    return Published(name, _POSTER, caveat, _read(_POSTER_SETS, rmse), {}, Score.of(average_rank))


def _table(name: str, source: str, caveat: str, rmse: str, log_likelihood: str) -> Published:
    errors = _read(_ALL, rmse)
    losses = dict(zip(_ALL, map(_negated, log_likelihood.split("; ")), strict=True))
    return Published(name, source, caveat, errors, losses)


def _point_estimations(name: str, caveat: str, rmse: str, nll: str = "") -> Published:
    """Return a row of that repository, which has not run boston."""
    sets = _ALL[1:]
    return Published(name, _POINT_ESTIMATIONS, caveat, _read(sets, rmse), _read(sets, nll))


def _read(sets: tuple[str, ...], printed: str) -> dict[str, Score]:
    """The scores of a text, by data set; none of an empty one."""
    return dict(zip(sets, map(Score.of, printed.split("; ")), strict=True)) if printed else {}


def _negated(printed: str) -> Score:
    return Score.of(printed[1:] if printed.startswith("-") else f"-{printed}")


PUBLISHED = (
    _poster(
        "Dropout (poster)",
        _QUOTED_DROPOUT,
        "4.4 ± 1.7",
        "2.80 ± .13; 4.50 ± .18; .47 ± .01; .08 ± .00; 3.63 ± .04; .60 ± .01; .66 ± .06",
    ),
    _poster(
        "PBP (poster)",
        _QUOTED_PBP,
        "5.6 ± 0.5",
        "2.795 ± .16; 5.241 ± .12; .903 ± .05; .071 ± .00; 4.028 ± .03; .643 ± .01; .848 ± .05",
    ),
    _poster(
        "Deep GP (poster)",
        _QUOTED,
        "3.1 ± 1.8",
        "2.38 ± .12; 4.64 ± .11; .57 ± .02; .05 ± .00; 3.60 ± .03; .50 ± .01; .98 ± .09",
    ),
    _poster(
        "ARD (poster)",
        _PER_DRAW,
        "3.0 ± 1.1",
        "2.158 ± .20; 3.805 ± .28; .852 ± .01; .066 ± .01; 3.486 ± .10; .561 ± .03; .691 ± .12",
    ),
    _poster(
        "ADD (poster)",
        _PER_DRAW,
        "2.9 ± 1.0",
        "2.343 ± .31; 4.084 ± .34; .867 ± .11; .064 ± .00; 3.290 ± .06; .555 ± .01; .657 ± .14",
    ),
    _poster(
        "ARD-ADD (poster)",
        _PER_DRAW,
        "2.0 ± 1.1",
        "2.367 ± .18; 3.761 ± .23; .853 ± .08; .064 ± .00; 3.236 ± .07; .538 ± .03; .604 ± .16",
    ),
    _table(
        "MC dropout (2018 rerun)",
        "github.com/yaringal/DropoutUncertaintyExps",
        _SAME_SPLITS,
        "2.90 ± .18; 4.82 ± .16; .54 ± .06; .08 ± .00; .0007; 4.01 ± .04; 4.27 ± .02; .62 ± .01; "
        ".67 ± .05",
        "-2.40 ± .04; -2.93 ± .02; -1.21 ± .01; 1.14 ± .01; 4.45 ± .00; -2.80 ± .01; -2.87 ± .00; "
        "-.93 ± .01; -1.25 ± .01",
    ),
    _table(
        "MC dropout, 2 layers",
        "github.com/yaringal/DropoutUncertaintyExps before 2018",
        f"{_BEFORE_2018} Its RMSE is the poster's Dropout column. ± is a standard error.",
        "2.80 ± .13; 4.50 ± .18; .47 ± .01; .08 ± .00; .00 ± .00; 3.63 ± .04; 3.62 ± .01; "
        ".60 ± .01; .66 ± .06",
        "-2.34 ± .02; -2.82 ± .02; -1.48 ± .00; 1.10 ± .00; 4.32 ± .00; -2.67 ± .01; -2.70 ± .00; "
        "-.90 ± .01; -1.37 ± .02",
    ),
    _table(
        "Deep ensembles",
        "Lakshminarayanan, Pritzel & Blundell (2017, NeurIPS)",
        _NO_SPREAD,
        "3.28; 6.03; 2.09; .09; .00; 4.11; 4.71; .64; 1.58",
        "-2.41; -3.06; -1.38; 1.20; 5.63; -2.79; -2.83; -.94; -1.18",
    ),
    _table(
        "DVI",
        "Wu et al. (2019, ICLR)",
        _NO_SPREAD,
        "",
        "-2.41; -3.06; -1.01; 1.13; 6.29; -2.80; -2.85; -.90; -.47",
    ),
    _table(
        "PBP-MV",
        "Sun, Chen & Carin (2017, AISTATS)",
        _NO_SPREAD,
        "",
        "-2.54; -3.04; -1.01; 1.28; 4.85; -2.78; -2.77; -.97; -1.64",
    ),
    _point_estimations(
        "TabPFN",
        _TABPFN,
        "3.8640 ± 0.5923; 0.4229 ± 0.0636; 0.0704 ± 0.0016; 0.0001 ± 0.0000; 3.0046 ± 0.2306; "
        "3.5269 ± 0.0226; 0.6258 ± 0.0330; 0.4165 ± 0.1675",
        "2.2148 ± 0.1384; 0.1500 ± 0.1219; -1.2720 ± 0.0184; -7.3279 ± 0.0186; 2.2778 ± 0.0219; "
        "1.7316 ± 0.0178; -2.7230 ± 0.1714; -0.7313 ± 0.2379",
    ),
    _point_estimations(
        "XGBoost",
        _XGBOOST,
        "4.3590 ± 0.5944; 0.3215 ± 0.0718; 0.1230 ± 0.0020; 0.0019 ± 0.0001; 3.0718 ± 0.2290; "
        "3.3558 ± 0.0138; 0.5642 ± 0.0466; 0.8036 ± 0.4464",
    ),
    _point_estimations(
        "CatBoost (published)",
        _CATBOOST,
        "4.6536 ± 0.4982; 0.4969 ± 0.0651; 0.1042 ± 0.0029; 0.0020 ± 0.0001; 3.6489 ± 0.1740; "
        "4.1510 ± 0.0265; 0.6000 ± 0.0417; 1.2210 ± 1.0873",
    ),
)
"""Published scores in the order in which reports show them."""


def published_on(dataset: str, among: Iterable[Published] = PUBLISHED) -> list[Published]:
    """Return what was published with a number on that data set."""
    return [found for found in among if dataset in found.rmse or dataset in found.nll]
