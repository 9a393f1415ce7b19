"""Effects of models, of methods and of both, from scores that were made of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bayesdrop.benchmark.stats.decomposition import decompose, decompositions
from bayesdrop.benchmark.stats.paired_tests import corrected_t_test

MODEL = np.array([-0.3, 0.1, 0.2])
METHOD = np.array([-1.0, 0.4, 0.1, 0.5])
TOGETHER = 0.05 * np.outer([1, -1, 0], [1, -1, 1, -1])
SPLIT = np.array([3.0, 1.0, 2.0, -5.0, 0.5])
RATIO = 1 / 9
NAMES = ("a", "b", "c"), ("p", "q", "r", "s")


def scores(noise: float = 0.0, seed: int = 0) -> np.ndarray:
    effects = MODEL[:, None, None] + METHOD[:, None] + TOGETHER[..., None] + SPLIT
    return effects + noise * np.random.default_rng(seed).normal(size=effects.shape)


def rms(effect: np.ndarray) -> float:
    return float(np.sqrt(np.mean(effect**2)))


def test_effects_are_those_it_was_made_of() -> None:
    found = decompose(scores(), *NAMES, RATIO)
    assert (found.model, found.method, found.together) == pytest.approx(
        (rms(MODEL), rms(METHOD), rms(TOGETHER))
    )
    assert found.by_chance == pytest.approx((0, 0, 0), abs=1e-12)
    assert found.splits == 5
    np.testing.assert_allclose(found.mean, scores().mean(2))


def test_by_chance_is_what_noise_alone_gives() -> None:
    """On average over 400 tables without any effect, of splits that share no training rows."""
    rng = np.random.default_rng(1)
    many = [decompose(rng.normal(size=(3, 4, 5)) + SPLIT, *NAMES, 0.0) for _ in range(400)]
    for found, expected in zip(
        np.mean([(d.model**2, d.method**2, d.together**2) for d in many], axis=0),
        np.mean([np.square(d.by_chance) for d in many], axis=0),
        strict=True,
    ):
        assert found == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize(("splits", "larger"), [(5, 1.247), (20, 1.795)])
def test_splits_that_share_rows_differ_by_chance_as_in_the_t_test(
    splits: int, larger: float
) -> None:
    """For two models and two methods the difference of the models has a corrected error too."""
    values = np.random.default_rng(2).normal(size=(2, 2, splits))
    names = ("a", "b"), ("p", "q")
    alone, shared = (decompose(values, *names, ratio) for ratio in (0.0, 1 / 9))
    assert np.divide(shared.by_chance, alone.by_chance) == pytest.approx(larger, abs=1e-3)
    flat = decompose(np.broadcast_to(values[:, :1], (2, 2, splits)), *names, 1 / 9)
    test = corrected_t_test(list(values[0, 0] - values[1, 0]), 1 / 9)
    assert 2 * flat.model == pytest.approx(abs(test.difference))
    by_chance = np.sqrt(sum(np.square(flat.by_chance)))
    assert 2 * by_chance == pytest.approx(test.corrected_se)


def long(values: np.ndarray) -> pd.DataFrame:
    rows = [
        ("yacht", m, a, k, "nll", values[i, j, k], False, 9, 1)
        for i, m in enumerate(NAMES[0])
        for j, a in enumerate(NAMES[1])
        for k in range(values.shape[2])
    ]
    return pd.DataFrame(
        rows,
        columns=[
            "dataset",
            "model",
            "method",
            "split",
            "metric",
            "value",
            "earlier",
            "n_train",
            "n_test",
        ],
    )


def test_what_has_gaps_is_left_out() -> None:
    table = long(scores(0.1))
    whole = decompositions(table, "nll")["yacht"]
    assert whole.model == pytest.approx(decompose(scores(0.1), *NAMES, RATIO).model)
    assert whole.by_chance == pytest.approx(decompose(scores(0.1), *NAMES, RATIO).by_chance)
    gaps = table[~((table.method == "q") & (table.model != "a"))]
    found = decompositions(gaps, "nll")["yacht"]
    assert found.methods == ("p", "r", "s")
    assert found.models == NAMES[0]
    fewer = gaps[~((gaps.method == "p") & (gaps.model == "b") & (gaps.split > 2))]
    assert decompositions(fewer, "nll")["yacht"].splits == 3


def test_one_method_alone_has_no_decomposition() -> None:
    table = long(scores())
    assert decompositions(table[table.method == "p"], "nll") == {}
    assert decompositions(table, "rmse") == {}
