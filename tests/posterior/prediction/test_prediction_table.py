"""``pred.to_frame()``: the numbers of a prediction by name, a row each."""

from __future__ import annotations

import numpy as np
import pytest

import bayesdrop as bd

ROWS, DRAWS = 7, 40
NUMBERS = ["mean", "std", "epistemic_std", "aleatoric_std", "lower_90", "upper_90"]


def normal(outputs: int, one_output: bool) -> bd.Predictive:
    rng = np.random.default_rng(0)
    loc = rng.normal(5, 3, (DRAWS, ROWS, outputs)).astype(np.float32)
    parameters = {"loc": loc, "scale": np.full_like(loc, 0.7)}
    return bd.Predictive(bd.Gaussian(), parameters, one_output=one_output)


def classes(likelihood: bd.Likelihood, *shape: int, one_output: bool = True) -> bd.Predictive:
    logits = np.random.default_rng(1).normal(size=(DRAWS, ROWS, *shape)).astype(np.float32)
    return bd.Predictive(likelihood, {"logits": logits}, one_output=one_output)


def test_numbers() -> None:
    pred = normal(1, True)
    table = pred.to_frame()
    assert list(table.columns) == NUMBERS
    assert len(table) == ROWS
    lower, upper = pred.interval(0.9)
    expected = [pred.mean, pred.std, pred.epistemic_std, pred.aleatoric_std, lower, upper]
    for name, value in zip(NUMBERS, expected, strict=True):
        np.testing.assert_array_equal(table[name], value)


def test_another_interval_is_in_the_names() -> None:
    pred = normal(1, True)
    table = pred.to_frame(interval=0.975)
    np.testing.assert_array_equal(table["lower_97.5"], pred.interval(0.975)[0])
    with pytest.raises(ValueError, match="level must lie strictly between 0 and 1"):
        pred.to_frame(90)


@pytest.mark.parametrize("outputs", [1, 2])
def test_several_outputs_are_beside_each_other(outputs: int) -> None:
    pred = normal(outputs, False)
    table = pred.to_frame()
    names = ["y"] if outputs == 1 else [f"y{k}" for k in range(outputs)]
    assert list(table.columns) == [f"{output}_{name}" for output in names for name in NUMBERS]
    np.testing.assert_array_equal(table[f"{names[-1]}_std"], pred.std[:, -1])


def test_counts() -> None:
    rate = np.random.default_rng(0).gamma(3, 1, (DRAWS, ROWS, 1)).astype(np.float32)
    table = bd.Predictive(bd.Poisson(), {"rate": rate}).to_frame(0.5)
    assert list(table.columns)[-2:] == ["lower_50", "upper_50"]
    assert (table["lower_50"] == table["lower_50"].round()).all()


def test_classes() -> None:
    pred = classes(bd.Categorical(3), 1, 3)
    table = pred.to_frame()
    probabilities = [f"probability_{k}" for k in range(3)]
    measures = ["entropy", "mutual_information"]
    assert list(table.columns) == ["predicted_class", *probabilities, *measures]
    np.testing.assert_array_equal(table[probabilities], pred.probabilities)
    np.testing.assert_array_equal(table["predicted_class"], pred.predicted_class)
    np.testing.assert_array_equal(table["mutual_information"], pred.mutual_information)


def test_two_classes_and_several_outputs() -> None:
    pred = classes(bd.Bernoulli(), 1)
    np.testing.assert_array_equal(pred.to_frame()["probability_1"], pred.probabilities[:, 1])
    two = classes(bd.Bernoulli(), 2, one_output=False)
    table = two.to_frame()
    assert "predicted_class" not in table
    np.testing.assert_array_equal(table["y1_probability_0"], two.probabilities[:, 1, 0])
