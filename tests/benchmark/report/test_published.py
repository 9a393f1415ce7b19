"""Published numbers are as the poster and the literature print them."""

from __future__ import annotations

import re

import pytest
from scipy.stats import rankdata

from bayesdrop.benchmark.report.published import PUBLISHED, Score, published_on

ROWS = {row.name: row for row in PUBLISHED}
POSTER = """
          Dropout     PBP          Deep GP     ARD          ADD          ARD-ADD
boston    2.80 ± .13  2.795 ± .16  2.38 ± .12  2.158 ± .20  2.343 ± .31  2.367 ± .18
concrete  4.50 ± .18  5.241 ± .12  4.64 ± .11  3.805 ± .28  4.084 ± .34  3.761 ± .23
energy    .47 ± .01   .903 ± .05   .57 ± .02   .852 ± .01   .867 ± .11   .853 ± .08
kin8nm    .08 ± .00   .071 ± .00   .05 ± .00   .066 ± .01   .064 ± .00   .064 ± .00
power     3.63 ± .04  4.028 ± .03  3.60 ± .03  3.486 ± .10  3.290 ± .06  3.236 ± .07
wine      .60 ± .01   .643 ± .01   .50 ± .01   .561 ± .03   .555 ± .01   .538 ± .03
yacht     .66 ± .06   .848 ± .05   .98 ± .09   .691 ± .12   .657 ± .14   .604 ± .16
rank      4.4 ± 1.7   5.6 ± 0.5    3.1 ± 1.8   3.0 ± 1.1    2.9 ± 1.0    2.0 ± 1.1
"""


def test_the_poster_as_printed() -> None:
    head, *lines = (re.split(r" {2,}", line) for line in POSTER.strip().splitlines())
    printed = {name: dict(zip(head, scores, strict=True)) for name, *scores in lines}
    for column in head:
        row = ROWS[f"{column} (poster)"]
        ours = {name: str(score) for name, score in row.rmse.items()}
        assert ours | {"rank": str(row.average_rank)} == {
            n: of[column] for n, of in printed.items()
        }
    ours = ROWS["ARD-ADD (poster)"]
    assert (ours.rmse["yacht"].value, ours.rmse["yacht"].spread) == (0.604, 0.16)
    assert "MAE per draw" in ours.caveat


def test_the_poster_s_ranks_are_those_of_its_scores() -> None:
    """To .2: scores are printed in two digits, of which some tie, and were ranked in more."""
    rows = [row for row in PUBLISHED if row.name.endswith("(poster)")]
    scores = [[score.value for score in row.rmse.values()] for row in rows]
    for row, ranks in zip(rows, rankdata(scores, axis=0), strict=True):
        assert row.average_rank is not None
        assert row.average_rank.value == pytest.approx(ranks.mean(), abs=0.2)
        assert row.average_rank.spread == pytest.approx(ranks.std(), abs=0.1)


def test_log_likelihoods_are_negated() -> None:
    rerun = ROWS["MC dropout (2018 rerun)"]
    assert rerun.nll["yacht"].value == 1.25
    assert rerun.nll["naval"].value == -4.45
    assert str(rerun.nll["kin8nm"]) == "-1.14 ± .01"
    assert str(rerun.nll["yacht"]) == "1.25 ± .01"


SETS = ["boston", "concrete", "energy", "kin8nm", "naval", "power", "protein", "wine", "yacht"]
LITERATURE = """
MC dropout (2018 rerun)  RMSE        2.90 ± .18; 4.82 ± .16; .54 ± .06; .08 ± .00; .0007; 4.01 ± .04; 4.27 ± .02; .62 ± .01; .67 ± .05
MC dropout (2018 rerun)  likelihood  -2.40 ± .04; -2.93 ± .02; -1.21 ± .01; 1.14 ± .01; 4.45 ± .00; -2.80 ± .01; -2.87 ± .00; -.93 ± .01; -1.25 ± .01
MC dropout, 2 layers     RMSE        2.80 ± .13; 4.50 ± .18; .47 ± .01; .08 ± .00; .00 ± .00; 3.63 ± .04; 3.62 ± .01; .60 ± .01; .66 ± .06
MC dropout, 2 layers     likelihood  -2.34 ± .02; -2.82 ± .02; -1.48 ± .00; 1.10 ± .00; 4.32 ± .00; -2.67 ± .01; -2.70 ± .00; -.90 ± .01; -1.37 ± .02
Deep ensembles           RMSE        3.28; 6.03; 2.09; .09; .00; 4.11; 4.71; .64; 1.58
Deep ensembles           likelihood  -2.41; -3.06; -1.38; 1.20; 5.63; -2.79; -2.83; -.94; -1.18
DVI                      likelihood  -2.41; -3.06; -1.01; 1.13; 6.29; -2.80; -2.85; -.90; -.47
PBP-MV                   likelihood  -2.54; -3.04; -1.01; 1.28; 4.85; -2.78; -2.77; -.97; -1.64
"""  # noqa: E501


def test_the_literature_as_printed() -> None:
    lines = [re.split(r" {2,}", line) for line in LITERATURE.strip().splitlines()]
    assert list(dict.fromkeys(row for row, *_ in lines)) == list(ROWS)[6:11]
    for row, metric, printed in lines:
        sign, ours = (1, ROWS[row].rmse) if metric == "RMSE" else (-1, ROWS[row].nll)
        expected = dict(zip(SETS, map(Score.of, printed.split("; ")), strict=True))
        found = {name: (sign * score.value, score.spread) for name, score in ours.items()}
        assert found == {name: (score.value, score.spread) for name, score in expected.items()}


POINT_ESTIMATIONS = """
TabPFN                RMSE  3.8640 ± 0.5923; 0.4229 ± 0.0636; 0.0704 ± 0.0016; 0.0001 ± 0.0000; 3.0046 ± 0.2306; 3.5269 ± 0.0226; 0.6258 ± 0.0330; 0.4165 ± 0.1675
TabPFN                NLL   2.2148 ± 0.1384; 0.1500 ± 0.1219; -1.2720 ± 0.0184; -7.3279 ± 0.0186; 2.2778 ± 0.0219; 1.7316 ± 0.0178; -2.7230 ± 0.1714; -0.7313 ± 0.2379
XGBoost               RMSE  4.3590 ± 0.5944; 0.3215 ± 0.0718; 0.1230 ± 0.0020; 0.0019 ± 0.0001; 3.0718 ± 0.2290; 3.3558 ± 0.0138; 0.5642 ± 0.0466; 0.8036 ± 0.4464
CatBoost (published)  RMSE  4.6536 ± 0.4982; 0.4969 ± 0.0651; 0.1042 ± 0.0029; 0.0020 ± 0.0001; 3.6489 ± 0.1740; 4.1510 ± 0.0265; 0.6000 ± 0.0417; 1.2210 ± 1.0873
"""  # noqa: E501


def test_rows_of_others_on_these_splits_as_printed() -> None:
    """NLLs whose variance is that of test residuals are left out. Boston was not run."""
    lines = [re.split(r" {2,}", line) for line in POINT_ESTIMATIONS.strip().splitlines()]
    for row, metric, printed in lines:
        ours = ROWS[row].rmse if metric == "RMSE" else ROWS[row].nll
        assert {name: str(score) for name, score in ours.items()} == dict(
            zip(SETS[1:], printed.split("; "), strict=True)
        )
    assert list(dict.fromkeys(row for row, *_ in lines)) == list(ROWS)[11:]
    with_nll = {name for name in list(ROWS)[11:] if ROWS[name].nll}
    assert with_nll == {row for row, metric, _ in lines if metric == "NLL"}


def test_rows_of_a_data_set() -> None:
    assert len(published_on("boston")) == 11
    assert [row.name for row in published_on("naval")] == [row.name for row in PUBLISHED[6:]]
    assert published_on("diabetes") == []
