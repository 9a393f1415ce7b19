"""``bd.fit``: bad input is refused in words before any work; data are standardised and undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import linear
import ml_dtypes
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from never_run import NeverRun
from prior_draws import PriorDraws
from scipy.sparse import csr_matrix

import bayesdrop as bd

X, Y = linear.data(rows=30, features=3)
METHOD = linear.ExactLinear(num_samples=200)


def at(array: linear.Array, index: Any, value: Any) -> linear.Array:
    changed = array.copy()
    changed[index] = value
    return changed


# Bad data


class Unreadable:
    """An array of a library that does not hand it to NumPy."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise RuntimeError("it needs a gradient\nand much more is to be read")


HIDDEN = np.ma.array(X, mask=at(np.zeros(X.shape, bool), (4, 1), True))
BAD_DATA: dict[str, tuple[Any, Any, type[Exception], str]] = {
    "nan_in_X": (
        at(X, (4, 1), np.nan),
        Y,
        ValueError,
        r"X has 1 missing or inf.*\[4, 1\].*drop or",
    ),
    "inf_in_X": (at(X, (0, 0), np.inf), Y, ValueError, r"X has 1 missing or inf.*\[0, 0\]"),
    "nan_in_y": (X, at(Y, slice(2, 4), np.nan), ValueError, r"y has 2 missing or infinite.*\[2\]"),
    "inf_in_y": (X, at(Y, 7, -np.inf), ValueError, r"y has 1 missing or infinite.*\[7\]"),
    "mismatched_rows": (X, Y[:-1], ValueError, "X has 30 rows and y has 29: they must match"),
    "one_row": (X[:1], Y[:1], ValueError, "1 training row.*at least 2"),
    "no_rows": (X[:0], Y[:0], ValueError, "X has 0 rows"),
    "no_features": (X[:, :0], Y, ValueError, "X has 0 features"),
    "flat_X": (X[:, 0], Y, ValueError, r"shape \(30,\).*\(rows, features\).*reshape\(-1, 1\)"),
    "cubic_X": (X[..., None], Y, ValueError, r"MLP takes rows of features.*\(rows, features\)"),
    "scalar_y": (X, 3.0, ValueError, r"y has shape \(\): give \(rows,\) or"),
    "cubic_y": (X, Y[:, None, None], ValueError, r"y has shape \(30, 1, 1\)"),
    "no_outputs": (X, Y[:, None][:, :0], ValueError, r"y has shape \(30, 0\)"),
    "string_y": (X, np.where(Y > 0, "yes", "no"), TypeError, "y holds .* 'yes'.*encode them"),
    "string_X": (X.astype(str), Y, TypeError, "X holds .* values, for example '.*encode them"),
    "missing_y": (X, at(Y.astype(object), 3, None), ValueError, r"y has 1 missing.*\[3\]"),
    "sparse_X": (csr_matrix(X), Y, TypeError, r"X is sparse: give X\.toarray\(\)"),
    "complex_y": (X, Y + 1j, TypeError, "y holds complex128 values.*encode them"),
    "masked_X": (HIDDEN, Y, ValueError, r"X has 1 missing or infinite.*\[4, 1\]: drop or impute"),
    "columns_in_a_dict": ({"a": X[:, 0]}, Y, TypeError, r"give pandas\.DataFrame\(X\)$"),
    "fields": (np.zeros(30, [("a", float)]), Y, TypeError, r"give pandas\.DataFrame\(X\)$"),
    "masked_rows": ([*HIDDEN], Y, ValueError, r"X has 1 missing or infinite value.*\[4, 1\]"),
    "masked_y": (X, HIDDEN[:, 1], ValueError, r"y has 1 missing or infinite value.*\[4\]"),
    "constant_y": (X, np.full(30, 2.5), ValueError, "y is constant: there is nothing to predict"),
    "constant_output": (
        *(X, np.column_stack([Y, np.zeros(30)])),
        *(ValueError, "output 'y1' of y is constant"),
    ),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_is_refused_before_any_work(case: str) -> None:
    inputs, target, error, words = BAD_DATA[case]
    with pytest.raises(error, match=words):
        bd.fit(linear.model(), inputs, target, NeverRun())


@pytest.mark.parametrize(
    ("inputs", "error", "words"),
    [
        (X[:, :2], ValueError, "X has 2 features, the model was fitted to 3"),
        (X[:, 0], ValueError, r"X has shape \(30,\).*X\.reshape\(-1, 1\)"),
        (X[0], ValueError, r"X has shape \(3,\).*For one row give X\[None\]"),
        (X[:0], ValueError, "X has 0 rows"),
        (at(X, (1, 2), np.nan), ValueError, r"X has 1 missing or infinite value.*\[1, 2\]"),
        (X.astype(str), TypeError, "X holds .*encode them as numbers"),
        (HIDDEN, ValueError, r"X has 1 missing or infinite value.*\[4, 1\]"),
        ([[10**400, 1, 2]], ValueError, "a whole number has more than 308 digits"),
        (X.astype(complex), TypeError, "X holds complex128 values"),
        (Unreadable(), TypeError, "a Unreadable can't become a NumPy array: it needs a gradient"),
    ],
)
def test_bad_rows_to_predict_are_refused(inputs: Any, error: type[Exception], words: str) -> None:
    posterior = bd.fit(linear.model(), X, Y, METHOD)
    with pytest.raises(error, match=words):
        posterior.predict(inputs)


@pytest.mark.parametrize(
    "inputs",
    [
        X.tolist(),
        X.astype(np.float32),
        pd.DataFrame(X),
        np.asfortranarray(X),
        (100 * X).astype(int),
        X.astype(object),
        np.ma.array(X),
        xr.DataArray(X, dims=["row", "feature"], coords={"row": range(len(X))}),
        (100 * X).astype(ml_dtypes.bfloat16),
    ],
    ids=[
        *("lists", "float32", "pandas", "fortran", "integers", "objects", "nothing masked"),
        *("xarray", "bfloat16"),
    ],
)
def test_what_holds_numbers_is_taken(inputs: Any) -> None:
    posterior = bd.fit(linear.model(), inputs, pd.Series(Y), METHOD)
    assert posterior.training.X_original.dtype == posterior.training.target.dtype == np.float64
    assert np.isfinite(posterior.predict(inputs).mean).all()
    assert posterior.training.input_shape == (3,)


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, True])
def test_a_seed_of_predictions_is_a_whole_number(seed: Any) -> None:
    posterior = bd.fit(linear.model(), X, Y, METHOD)
    with pytest.raises(ValueError, match="seed must be a whole number from 0"):
        posterior.predict(X, seed=seed)
    with pytest.raises(ValueError, match="seed must be a whole number from 0"):
        bd.sbc(linear.model(), METHOD, X, n=2, seed=seed)


def test_data_sets_may_be_made_on_the_way() -> None:
    made = ((X, y) for y in (Y, -Y))
    first, second = bd.fit_many(linear.model(), made, METHOD, progress=False)
    assert np.array_equal(first.training.y_original, -second.training.y_original)


def test_a_fit_keeps_its_own_copy_of_the_data() -> None:
    inputs, target = X.copy(), Y.copy()
    posterior = bd.fit(linear.model(), inputs, target, METHOD)
    before = posterior.predict(X).mean
    inputs[:], target[:] = 0, 0
    np.testing.assert_array_equal(posterior.training.X_original, X)
    np.testing.assert_array_equal(posterior.training.target, Y)
    np.testing.assert_array_equal(posterior.predict(X).mean, before)


# Bad settings


@pytest.mark.parametrize(
    ("method", "settings", "words"),
    [
        (bd.NUTS, {"num_samples": 0}, r"NUTS\(num_samples=0\).*at least 1"),
        (bd.NUTS, {"num_warmup": -1}, r"NUTS\(num_warmup=-1\).*at least 0"),
        (bd.NUTS, {"num_chains": 0}, r"NUTS\(num_chains=0\)"),
        (bd.NUTS, {"target_accept_prob": 1.0}, r"target_accept_prob must be finite and > 0 and <"),
        (bd.NUTS, {"max_tree_depth": 0}, r"NUTS\(max_tree_depth=0\)"),
        (bd.HMC, {"num_steps": 0}, r"HMC\(num_steps=0\).*at least 1"),
        (bd.SVI, {"num_steps": 0}, r"SVI\(num_steps=0\)"),
        (bd.SVI, {"learning_rate": -1}, r"SVI\(learning_rate=-1\).*> 0"),
        (bd.SVI, {"final_learning_rate": 0.0}, r"SVI\(final_learning_rate=0.0\)"),
        (bd.SVI, {"init_scale": float("nan")}, r"SVI\(init_scale=nan\).*finite"),
        (bd.SVI, {"batch_size": 0}, r"SVI\(batch_size=0\)"),
        (bd.SVI, {"num_particles": 0}, r"SVI\(num_particles=0\)"),
        (bd.MCDropout, {"num_epochs": 0}, r"MCDropout\(num_epochs=0\)"),
        (bd.MCDropout, {"learning_rate": -1}, r"MCDropout\(learning_rate=-1\)"),
        (bd.MCDropout, {"num_passes": 0}, r"MCDropout\(num_passes=0\)"),
        (bd.MCDropout, {"precision": -2.0}, r"MCDropout\(precision=-2.0\)"),
        (bd.MCDropout, {"weight_decay": 0.0}, r"MCDropout\(weight_decay=0.0\)"),
        (bd.MCDropout, {"length_scale": -1.0}, r"MCDropout\(length_scale=-1.0\)"),
        (bd.MCDropout, {"masks": 0}, r"MCDropout\(masks=0\)"),
        (bd.MCDropout, {"weighting": "tail-adaptive"}, "masks is 1"),
    ],
)
def test_settings_out_of_range_are_refused(method: Any, settings: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        method(**settings)


@pytest.mark.parametrize(
    ("method", "settings", "words"),
    [
        (bd.NUTS, {"num_samples": 10.5}, "num_samples must be a whole number"),
        (bd.NUTS, {"num_samples": True}, "num_samples must be a whole number"),
        (bd.SVI, {"learning_rate": "fast"}, "learning_rate must be a number"),
        (bd.SVI, {"batch_size": "all"}, "batch_size must be a whole number"),
        (bd.MCDropout, {"precision": None}, "precision must be a number"),
        (bd.MCDropout, {"masks": "shared"}, "masks must be a whole number"),
    ],
)
def test_settings_of_another_type_are_refused(method: Any, settings: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        method(**settings)


@pytest.mark.parametrize(
    ("method", "settings", "near"),
    [
        (bd.SVI, {"guide": "meanfield"}, "mean_field"),
        (bd.SVI, {"guide": "fullrank"}, "full_rank"),
        (bd.SVI, {"backend": "numpyr"}, "numpyro"),
        (bd.SVI, {"form": "expand"}, "expanded"),
        (bd.NUTS, {"form": "hierarchic"}, "hierarchical"),
        (bd.NUTS, {"chain_method": "vectorised"}, "vectorized"),
        (bd.HMC, {"init_strategy": "medium"}, "median"),
        (bd.MCDropout, {"mask_sharing": "rows"}, "row"),
        (bd.MCDropout, {"weighting": "tail_adaptive"}, "tail-adaptive"),
        (bd.MCDropout, {"precision": "learn"}, "learned"),
        (bd.MCDropout, {"weight_decay": "mapp"}, "map"),
    ],
)
def test_unknown_names_get_the_nearest_match(method: Any, settings: Any, near: str) -> None:
    with pytest.raises(ValueError, match=rf"unknown .*did you mean '{near}'\?.*known: "):
        method(**settings)


# Standardisation


def test_the_method_is_given_standardised_data() -> None:
    seen = {}

    @dataclass(frozen=True)
    class Spy(linear.ExactLinear):
        def run(self, bound: Any, data: Any, *rest: Any) -> Any:
            seen.update(X=data.X_standardised, y=data.y_standardised)
            return super().run(bound, data, *rest)

    bd.fit(linear.model(), X, np.column_stack([Y, X[:, 0]]), Spy())
    assert seen["X"].dtype == seen["y"].dtype == np.float32
    assert seen["y"].shape == (30, 2)
    for columns in seen.values():
        np.testing.assert_allclose(columns.mean(0), 0, atol=1e-6)
        np.testing.assert_allclose(columns.std(0), 1, rtol=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, -3e8, 1e-30])
def test_a_constant_column_changes_nothing(value: float) -> None:
    inputs = np.column_stack([X, np.full(30, value)])
    posterior = bd.fit(linear.model(), inputs, Y, METHOD)
    assert posterior.training.scaling.left_out.tolist() == [X.shape[1]]
    assert list(posterior.diagnose().warnings) == ["constant columns"]
    prediction = posterior.predict(inputs)
    assert np.isfinite(prediction.mean).all()
    without = linear.exact_of(X, Y).mean
    design = np.column_stack([linear.standardised(X), np.ones(30)])
    spread = prediction.std / np.sqrt(METHOD.num_chains * METHOD.num_samples)
    np.testing.assert_array_less(
        np.abs(prediction.mean - Y.mean() - Y.std() * (design @ without)[:, 0]), 5 * spread
    )


def test_all_columns_constant() -> None:
    prediction = bd.fit(linear.model(), np.ones((30, 2)), Y, METHOD).predict(np.ones((4, 2)))
    np.testing.assert_allclose(prediction.mean, Y.mean(), atol=0.2 * Y.std())
    assert np.isfinite(prediction.std).all()


def test_scaling_is_of_the_training_rows_alone() -> None:
    train, test = X[:20], 5 + 100 * X[20:]
    posterior = bd.fit(linear.model(), train, Y[:20], METHOD)
    np.testing.assert_allclose(posterior.training.scaling.x_shift, train.mean(0))
    np.testing.assert_allclose(posterior.training.scaling.x_scale, train.std(0))
    np.testing.assert_allclose(posterior.training.scaling.y_shift, [Y[:20].mean()])
    np.testing.assert_allclose(posterior.training.scaling.y_scale, [Y[:20].std()])

    draws = posterior.draws
    assert draws is not None
    standardised = (test - train.mean(0)) / train.std(0)
    f = standardised @ draws["weight_0"][..., 0].mean((0, 1)) + draws["bias_0"].mean()
    prediction = posterior.predict(test)
    np.testing.assert_allclose(prediction.mean, Y[:20].mean() + Y[:20].std() * f, rtol=1e-4)
    # a row's prediction does not depend on the rows it is predicted with
    np.testing.assert_allclose(posterior.predict(test[:3]).mean, prediction.mean[:3], rtol=1e-6)


@pytest.mark.parametrize(
    ("shift", "scale"),
    [(0, 25), (1000, 1), (-50, 1e-6), (0, 1e-14), (0, 1e20), (0, 1e-44), (0, 1e44)],
)
def test_predictions_are_in_the_units_of_the_target(shift: float, scale: float) -> None:
    before = bd.fit(linear.model(), X, Y, METHOD, seed=3).predict(X)
    after = bd.fit(linear.model(), X, shift + scale * Y, METHOD, seed=3).predict(X)
    close = 1e-5 * max(abs(shift), scale)  # float32
    np.testing.assert_allclose(after.mean, shift + scale * before.mean, rtol=1e-5, atol=close)
    np.testing.assert_allclose(after.std, scale * before.std, rtol=1e-3, atol=close)
    np.testing.assert_allclose(
        after.interval(0.9), shift + scale * np.array(before.interval(0.9)), rtol=1e-4, atol=close
    )
    if scale > 1e-5:
        np.testing.assert_allclose(
            after.log_prob(shift + scale * Y), before.log_prob(Y) - np.log(scale), atol=1e-2
        )


def test_predictions_do_not_depend_on_the_units_of_the_inputs() -> None:
    other = 1e3 + X * np.array([1e-3, 5.0, 1e8])
    tiny = X * 1e-15
    expected = bd.fit(linear.model(), X, Y, METHOD).predict(X).mean
    for inputs in (other, tiny):
        found = bd.fit(linear.model(), inputs, Y, METHOD).predict(inputs).mean
        np.testing.assert_allclose(found, expected, rtol=1e-4)


# Seeds and progress


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("passes", [None, 5])
def test_no_value_that_is_not_finite_leaves_a_fit(bad: float, passes: int | None) -> None:
    class Broken(PriorDraws):
        def run(self, bound: bd.BoundModel, data: Any, seed: int, progress: Any) -> bd.Fit:
            fit = super().run(bound, data, seed, progress)
            fit.result.values["bias_0"][..., 0] = bad
            return fit

    words = r"Broken\(.* left \d+ value\(s\) of bias_0 NaN or infinite.*smaller steps"
    X, y = linear.data()
    with pytest.raises(FloatingPointError, match=words):
        bd.fit(linear.model(), X, y, Broken(passes=passes), progress=False)


def test_training_that_diverges_is_an_error() -> None:
    X, y = linear.data()
    model = bd.Model(bd.MLP((5,)), bd.ARD(bd.noise.Bernoulli(0.9)))
    with pytest.raises(FloatingPointError, match="NaN or infinite"):
        bd.fit(model, X, y, bd.MCDropout(num_epochs=30, learning_rate=1e30), progress=False)


def test_the_seed_is_passed_on_and_kept() -> None:
    fits = [bd.fit(linear.model(), X, Y, METHOD, seed=seed) for seed in (4, 4, 5)]
    one, same, other = (linear.stacked(fit.draws) for fit in fits)
    np.testing.assert_array_equal(one, same)
    assert not np.any(one == other)
    assert fits[2].seed == 5


def test_a_progress_of_ones_own_is_told_every_step() -> None:
    from bayesdrop.progress import Progress

    told: list[Any] = []

    class Tell(Progress):
        def start(self, task: str, total: int) -> None:
            told.append(("start", task, total))

        def advance(self, steps: int, note: str = "") -> None:
            told.append(steps)

        def finish(self) -> None:
            told.append("finish")

    method = bd.MCDropout(num_epochs=7, num_passes=2)
    model = bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.Bernoulli(0.9)))
    bd.fit(model, X, Y, method, progress=Tell())
    assert told[0] == ("start", "MC dropout", 7)
    assert sum(told[1:-1]) == 7
    assert told[-1] == "finish"
