"""Statistics over splits against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp, ttest_rel

from bayesdrop.benchmark.stats.long_table import long_table
from bayesdrop.benchmark.stats.paired_tests import (
    corrected_t_test,
    paired_differences,
)
from bayesdrop.benchmark.stats.summary import summary


def test_mean_standard_deviation_and_standard_error() -> None:
    found = summary([2.0, 4.0, 6.0, 8.0])
    assert found.n == 4
    assert found.mean == 5.0
    assert found.std == pytest.approx(math.sqrt(20 / 3))
    assert found.se == pytest.approx(math.sqrt(20 / 3) / 2)


def test_one_split_has_no_spread() -> None:
    found = summary([3.0])
    assert found.mean == 3.0
    assert math.isnan(found.std)
    assert math.isnan(found.se)


def test_the_corrected_variance_of_nadeau_and_bengio() -> None:
    # mean 2, s² = 1, J = 3, n_test/n_train = 1/9: variance 1/3 + 1/9 = 4/9, t = 3 with 2 d.o.f.,
    # where the distribution is F(t) = 1/2 + t / (2 √(2 + t²)), and t at 97.5 % is 4.302653
    found = corrected_t_test([1.0, 2.0, 3.0], 1 / 9)
    assert found.n == 3
    assert found.difference == 2.0
    assert found.std == 1.0
    assert found.corrected_se == pytest.approx(2 / 3)
    assert found.t == pytest.approx(3.0)
    assert found.p == pytest.approx(1 - 3 / math.sqrt(11))
    assert found.low == pytest.approx(2 - 4.302652730 * 2 / 3)
    assert found.high == pytest.approx(2 + 4.302652730 * 2 / 3)


def test_without_test_rows_it_is_the_ordinary_paired_t_test() -> None:
    a, b = [1.0, 2.5, 3.1, 4.0], [0.5, 2.7, 2.6, 3.1]
    found = corrected_t_test([x - y for x, y in zip(a, b, strict=True)], 0.0)
    expected = ttest_rel(a, b)
    assert found.t == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue)


@pytest.mark.parametrize("num_splits", [2, 5, 20])
def test_a_detectable_difference_is_found_in_four_of_five_experiments(num_splits: int) -> None:
    spread, trials = 3.0, 20_000
    noise = spread * np.random.default_rng(0).normal(size=(trials, num_splits))
    unit = corrected_t_test([-1.0, 1.0] * (num_splits // 2) + [0.0] * (num_splits % 2), 0.0)
    detectable = unit.detectable / unit.std * spread  # at the true standard deviation
    found = ttest_1samp(noise + detectable, 0.0, axis=1).pvalue < 0.05
    assert abs(found.mean() - 0.8) < 4 * math.sqrt(0.8 * 0.2 / trials)


def test_shared_training_rows_widen_what_can_be_detected() -> None:
    differences = [1.0, 2.0, 3.0, 5.0]
    independent, shared = (corrected_t_test(differences, ratio) for ratio in (0.0, 1 / 9))
    assert shared.detectable / independent.detectable == pytest.approx(math.sqrt(1 + 4 / 9))


@pytest.mark.parametrize(
    ("differences", "t", "p"), [([0.0] * 3, 0.0, 1.0), ([1.0] * 3, math.inf, 0.0)]
)
def test_differences_without_spread(differences: list[float], t: float, p: float) -> None:
    found = corrected_t_test(differences, 0.1)
    assert (found.t, found.p) == (t, p)


def test_the_level_is_a_share() -> None:
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        corrected_t_test([1.0, 2.0], 0.1, level=95)


def test_rows_are_compared_over_the_splits_both_have(make_record) -> None:
    a = [make_record("a", split=k, rmse=rmse) for k, rmse in enumerate((3.0, 5.0, 7.0))]
    b = [make_record("b", split=k, rmse=rmse) for k, rmse in enumerate((2.0, 3.0, 4.0, 99.0))]
    other = [make_record("a", split=0, rmse=1.0, dataset="e")]
    failed = make_record("a", split=3, status="failed", error={"type": "E", "message": "m"})
    (found,) = paired_differences(long_table([*a, *b, *other, failed]), "rmse").to_dict("records")
    assert (found["dataset"], found["a"], found["b"]) == ("d", "a × m", "b × m")
    assert found["n"] == 3
    assert found["difference"] == pytest.approx(2.0)
    assert found["corrected_se"] == pytest.approx(2 / 3)
