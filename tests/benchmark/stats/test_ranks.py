"""Ranks and the signed-rank test across data sets."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import friedmanchisquare, studentized_range

from bayesdrop.benchmark.metrics import METRICS
from bayesdrop.benchmark.report.figures.ranks import draw_ranks
from bayesdrop.benchmark.stats.overview import Line, overview
from bayesdrop.benchmark.stats.ranks import Ranks, average_ranks
from bayesdrop.benchmark.stats.signed_rank import signed_rank

SCORES = {
    "x": {"p": 1.0, "q": 2.0, "r": 3.0},
    "y": {"p": 10.0, "q": 30.0, "r": 20.0},
    "z": {"p": 0.5, "q": 0.1, "r": 0.5},
}


def lines_of(make_record, left_out=(), scores=SCORES, splits=2) -> dict[str, list[Line]]:
    records = [
        make_record(row, "m", split, rmse=rmse + split / 100, dataset=dataset)
        for dataset, rows in scores.items()
        for row, rmse in rows.items()
        for split in range(splits)
        if (dataset, row, split) not in left_out
    ]
    return overview(records)


def ranks_of(lines: dict[str, list[Line]]) -> Ranks | None:
    return average_ranks(lines, "rmse")


def test_ranks_by_hand(make_record) -> None:
    found = ranks_of(lines_of(make_record))
    assert found is not None
    assert found.scores.loc["x", "q × m"] == pytest.approx(2.005)
    assert found.ranks.loc["x"].tolist() == [1, 2, 3]
    assert found.ranks.loc["y"].tolist() == [1, 3, 2]
    assert found.ranks.loc["z"].tolist() == [2.5, 1, 2.5]
    assert found.left_out == ()
    # Demšar (2006), table 5: q at 5 % for 3 rows is 2.343
    assert found.critical_difference == pytest.approx(2.343 * np.sqrt(3 * 4 / (6 * 3)), abs=1e-3)
    assert studentized_range.ppf(0.95, 3, np.inf) / np.sqrt(2) == pytest.approx(2.343, abs=1e-3)


def test_friedman_p_is_of_every_permutation_within_data_sets(make_record) -> None:
    scores = {"x": [1, 2, 3], "y": [1, 3, 2], "z": [2, 1, 1]}
    lines = lines_of(
        make_record, scores={k: dict(zip("pqr", v, strict=True)) for k, v in scores.items()}
    )
    found = ranks_of(lines)
    assert found is not None
    every = itertools.product(*(itertools.permutations(row) for row in scores.values()))
    statistics = [friedmanchisquare(*np.transpose(rows)).statistic for rows in every]
    own = friedmanchisquare(*np.transpose(list(scores.values()))).statistic
    share = np.mean(np.asarray(statistics) >= own - 1e-9)
    assert found.friedman_p == pytest.approx(share)  # 216


def test_of_equal_parts_the_one_of_more_data_sets_is_ranked(make_record) -> None:
    scores = {name: {"p": 1.0, "q": 2.0} for name in "abcdef"}
    for name in "abc":
        scores[name] |= {"r": 3.0, "s": 4.0}
    found = ranks_of(lines_of(make_record, scores=scores))
    assert found is not None
    assert found.scores.shape == (6, 2)


def test_a_row_that_lacks_a_split_is_left_out_and_named(make_record) -> None:
    found = ranks_of(lines_of(make_record, left_out={("y", "r", 1)}))
    assert found is not None
    assert found.left_out == ("r × m",)
    assert found.ranks.loc["y"].tolist() == [1, 2]
    assert np.isnan(found.friedman_p)


@pytest.mark.parametrize(("of_r", "ranked"), [(3, "pq"), (5, "pqr")])
def test_a_row_of_few_data_sets_does_not_cost_the_others_theirs(
    make_record, of_r: int, ranked: str
) -> None:
    scores = {f"d{k}": {"p": 1.0, "q": 2.0} | ({"r": 3.0} if k < of_r else {}) for k in range(6)}
    found = average_ranks(lines_of(make_record, scores=scores), "rmse")
    assert found is not None
    assert list(found.ranks) == [f"{row} × m" for row in ranked]
    assert len(found.ranks) == (6 if of_r == 3 else 5)


def test_bars_are_drawn_alike_in_every_process(make_record) -> None:
    scores = {
        f"d{k}": {row: float((k + i) % 9) for i, row in enumerate("abcdefghi")} for k in range(4)
    }
    ranks = ranks_of(lines_of(make_record, scores=scores))
    assert ranks is not None
    bars = [line for line in draw_ranks(ranks, "rmse").axes[0].lines if len(line.get_xdata()) > 3]
    assert bars
    assert all(list(bar.get_xdata()) == sorted(bar.get_xdata()) for bar in bars)


def test_too_few_common_data_sets_are_no_ranks(make_record) -> None:
    left_out = {("y", "r", 1), ("x", "q", 0)}
    assert ranks_of(lines_of(make_record, left_out)) is None
    lone = {(dataset, row, 2) for dataset in SCORES for row in "qr"}
    assert ranks_of(lines_of(make_record, lone, splits=3)) is None  # the third split ran in p alone


def test_the_largest_part_of_the_table_is_found(make_record) -> None:
    """Leaving out rows one by one, those with most gaps first, would find 4 × 2 numbers."""
    full = {"p": "abcd", "q": "abcd", "r": "abc", "s": "abde"}
    scores = {
        dataset: {row: 1.0 + k for k, row in enumerate(full) if dataset in full[row]}
        for dataset in "abcde"
    }
    found = average_ranks(lines_of(make_record, scores=scores), "rmse")
    assert found is not None
    assert found.scores.notna().all(axis=None)
    assert found.scores.shape == (3, 3)
    assert (found.left_out, found.datasets_left_out) == (("s × m",), ("d", "e"))


def test_signed_rank_against_the_dirichlet_process_it_is_of() -> None:
    rng = np.random.default_rng(0)
    scores = pd.DataFrame({"a": rng.normal(size=6), "b": rng.normal(0.3, size=6)})
    (found,) = signed_rank(scores, "nll").to_dict("records")
    difference = np.append(0.0, scores["a"] - scores["b"])
    weights = rng.dirichlet([0.5] + [1.0] * 6, size=20_000)
    sums, rope = np.add.outer(difference, difference), METRICS["nll"].rope
    assert rope == 0.01
    lower = np.einsum("si,sj,ij->s", weights, weights, sums < -2 * rope)
    higher = np.einsum("si,sj,ij->s", weights, weights, sums > 2 * rope)
    best = np.argmax([lower, 1 - lower - higher, higher], axis=0)
    expected = np.bincount(best, minlength=3) / len(best)
    shown = [found["a_lower"], found["equivalent"], found["b_lower"]]
    assert shown == pytest.approx(expected, abs=0.02)
    assert found["datasets"] == 6


def test_signed_rank_of_rmse_knows_no_units() -> None:
    low = np.arange(1.0, 9.0)
    scores = pd.DataFrame({"a": low, "b": 1.05 * low, "c": 1.001 * low})
    units = 10.0 ** np.arange(-4, 4)
    for factor in (1.0, units):
        found = signed_rank(scores.mul(factor, axis=0), "rmse").set_index(["a", "b"])
        assert found.loc[("a", "b"), "a_lower"] > 0.99
        assert found.loc[("a", "c"), "equivalent"] > 0.99
        assert found.loc[("b", "c"), "b_lower"] > 0.99
    assert list(found.index) == list(itertools.combinations("abc", 2))
