"""Targets as users have them: labels of classes of any kind, and outputs with names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prior_draws import PriorDraws

import bayesdrop as bd
from bayesdrop import metrics
from bayesdrop.likelihood.labels import labels_in, numbers_of

ROWS = 12
X = np.random.default_rng(0).normal(size=(ROWS, 3))
CODES = np.arange(ROWS) % 3
PETS = np.array(["dog", "cat", "eel"])[CODES]
GAPS = np.array([7, -2, 30])[CODES]
METHOD = PriorDraws(num_samples=20)


def fitted(y: Any, likelihood: Any = None, **settings: Any) -> bd.Posterior:
    model = bd.Model(bd.MLP(()), likelihood=likelihood or bd.Categorical())
    return bd.fit(model, X, y, METHOD, progress=False, **settings)


LABELS: dict[str, tuple[Any, list[Any], str]] = {
    "text": (PETS, ["cat", "dog", "eel"], "y"),
    "a list": (PETS.tolist(), ["cat", "dog", "eel"], "y"),
    "objects": (PETS.astype(object), ["cat", "dog", "eel"], "y"),
    "whole numbers with gaps": (GAPS, [-2, 7, 30], "y"),
    "whole floats": (GAPS.astype(float), [-2, 7, 30], "y"),
    "pandas": (pd.Series(PETS, name="pet"), ["cat", "dog", "eel"], "pet"),
    "pandas, no name": (pd.Series(GAPS), [-2, 7, 30], "y"),
    "pandas, nullable": (pd.Series(GAPS, name="n").convert_dtypes(), [-2, 7, 30], "n"),
    "pandas, categories": (pd.Series(pd.Categorical(GAPS), name="n"), [-2, 7, 30], "n"),
    "polars": (pl.Series("pet", PETS.tolist()), ["cat", "dog", "eel"], "pet"),
    "polars, categories": (
        pl.Series("pet", PETS.tolist(), dtype=pl.Categorical),
        ["cat", "dog", "eel"],
        "pet",
    ),
    "pyarrow": (pa.chunked_array([PETS.tolist()]), ["cat", "dog", "eel"], "y"),
}


@pytest.mark.parametrize(("y", "classes", "name"), LABELS.values(), ids=LABELS)
def test_labels_of_any_kind(y: Any, classes: list[Any], name: str, tmp_path: Path) -> None:
    posterior = fitted(y)
    assert posterior.model.likelihood == bd.Categorical(3)
    assert posterior.classes is not None
    assert posterior.classes.tolist() == classes
    assert posterior.target is not None
    assert posterior.target.names == (name,)
    labels = np.asarray(y)
    np.testing.assert_array_equal(posterior.classes[posterior.training.target.astype(int)], labels)

    pred = posterior.predict(X)
    np.testing.assert_array_equal(
        pred.predicted_class, posterior.classes[pred.probabilities.argmax(-1)]
    )
    assert set(pred.sample(5).ravel().tolist()) <= set(classes)
    assert set(pred.classes_of_draws.ravel().tolist()) <= set(classes)
    found = bd.evaluate(pred, y)
    assert found["accuracy"] == np.mean(pred.predicted_class == labels)
    own = [pred.probabilities[row, classes.index(label)] for row, label in enumerate(labels)]
    assert found["nll"] == pytest.approx(-np.mean(np.log(own)))

    posterior.save(tmp_path / "fit.nc")
    again = bd.load(tmp_path / "fit.nc")
    assert again.target == posterior.target
    assert bd.evaluate(again.predict(X), y) == found


def test_scores_of_labels_are_those_of_their_numbers() -> None:
    pred, numbered = fitted(PETS).predict(X), fitted(np.unique(PETS, return_inverse=True)[1])
    codes = np.unique(PETS, return_inverse=True)[1]
    assert bd.evaluate(pred, PETS) == bd.evaluate(numbered.predict(X), codes)
    assert metrics.disagreement(pred) == metrics.disagreement(numbered.predict(X))
    for metric in (
        metrics.aurc,
        metrics.static_ece,
        metrics.mce,
        metrics.pavpu,
    ):
        assert metric(pred, PETS) == metric(numbered.predict(X), codes)


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (CODES == 1, [False, True]),
        (np.where(CODES == 1, "yes", "no"), ["no", "yes"]),
        (2 * (CODES == 1) - 1, [-1, 1]),
        (np.column_stack([CODES == 1, CODES == 2]), [False, True]),
    ],
    ids=["booleans", "text", "signs", "two outputs"],
)
def test_two_classes_of_any_kind(y: Any, classes: list[Any]) -> None:
    posterior = fitted(y, bd.Bernoulli())
    assert posterior.classes is not None
    assert posterior.classes.tolist() == classes
    np.testing.assert_array_equal(posterior.training.target, y == classes[1])
    pred = posterior.predict(X)
    np.testing.assert_array_equal(pred.predicted_class == classes[1], pred.mean > 0.5)
    assert bd.evaluate(pred, y)["accuracy"] == np.mean(pred.predicted_class == y)


def test_a_class_may_have_no_training_row() -> None:
    posterior = fitted(np.where(CODES == 1, 3, 0), bd.Categorical(4))
    assert posterior.classes is not None
    assert posterior.classes.tolist() == [0, 1, 2, 3]
    assert posterior.predict(X).probabilities.shape == (ROWS, 4)
    assert np.isfinite(bd.evaluate(posterior.predict(X), np.full(ROWS, 2))["nll"])


@pytest.mark.parametrize("score", [bd.evaluate, metrics.nll, metrics.aurc, metrics.brier])
def test_a_label_that_no_training_row_had_is_one_clear_error(score: Any) -> None:
    pred = fitted(PETS).predict(X)
    words = "y holds 'yak', which no training row had: the classes are 'cat', 'dog', 'eel'"
    with pytest.raises(ValueError, match=words):
        score(pred, np.where(CODES == 1, "yak", PETS))


def test_the_number_of_classes_is_not_known_before_a_fit() -> None:
    model = bd.Model(bd.MLP(()), likelihood=bd.Categorical())
    with pytest.raises(ValueError, match=r"as many classes as the target.*bd.Categorical\(n_class"):
        bd.sites(model, 3)
    assert bd.NUTS().supports(model) is None
    known = bd.Model(bd.MLP(()), likelihood=bd.Categorical(3))
    assert known.digest.startswith("e7fcbb33b53e642a")  # as when the number had to be given


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=2))
def test_numbers_of_text_lead_back_to_it(y: list[str]) -> None:
    labels = labels_in(y, None, "a likelihood")
    assert [labels[int(number)] for number in numbers_of(y, labels)] == y


# Several outputs

HEIGHTS = pd.DataFrame({"height": X[:, 0], "weight": 100 * X[:, 1]})


@pytest.mark.parametrize(
    ("y", "names", "expected"),
    [
        (HEIGHTS, None, ("height", "weight")),
        (pl.from_pandas(HEIGHTS), None, ("height", "weight")),
        (HEIGHTS.to_numpy(), None, ("y0", "y1")),
        (HEIGHTS.to_numpy(), ["a", "b"], ("a", "b")),
    ],
)
def test_outputs_have_names_and_scores_of_their_own(
    y: Any, names: Any, expected: tuple[str, ...], tmp_path: Path
) -> None:
    posterior = fitted(y, bd.Gaussian(), output_names=names)
    posterior.save(tmp_path / "fit.nc")
    pred = bd.load(tmp_path / "fit.nc").predict(X)
    assert pred.output_names == expected
    found, values = bd.evaluate(pred, y), HEIGHTS.to_numpy()
    pooled = [name for name in found if "[" not in name]
    assert set(found) == {*pooled, *(f"{m}[{name}]" for m in pooled for name in expected)}
    squares = [found[f"rmse[{name}]"] ** 2 for name in expected]
    np.testing.assert_allclose(squares, np.mean((pred.mean - values) ** 2, axis=0))
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean(squares)))
    second = pred.output(expected[1])
    np.testing.assert_array_equal(second.mean, pred.mean[:, 1])
    assert bd.evaluate(second, values[:, 1])["nll"] == found[f"nll[{expected[1]}]"]
    with pytest.raises(ValueError, match=f"unknown output 'z'.*{expected[0]}"):
        pred.output("z")


def test_outputs_of_other_names_are_not_taken_by_place() -> None:
    renamed = HEIGHTS.rename(columns=str.upper)[["WEIGHT", "HEIGHT"]]
    pred = fitted(HEIGHTS, bd.Gaussian()).predict(X)
    with pytest.raises(ValueError, match=r"columns 'WEIGHT', 'HEIGHT'.*outputs 'height', 'weight'"):
        bd.evaluate(pred, renamed)
    scores = bd.evaluate(pred, HEIGHTS)
    assert bd.evaluate(pred, pd.DataFrame(HEIGHTS.to_numpy())) == scores
    nameless = fitted(HEIGHTS.to_numpy(), bd.Gaussian()).predict(X)
    assert bd.evaluate(nameless, HEIGHTS)["nll"] == scores["nll"]
    given = fitted(HEIGHTS, bd.Gaussian(), output_names=["a", "b"]).predict(X)
    assert given.output_names == ("a", "b")
    with pytest.raises(ValueError, match=r"rename the columns, or give an array in the fit's ord"):
        bd.evaluate(given, HEIGHTS)


def test_columns_of_a_frame_are_scored_by_name() -> None:
    pred = fitted(HEIGHTS, bd.Gaussian()).predict(X)
    expected = bd.evaluate(pred, HEIGHTS)
    assert bd.evaluate(pred, HEIGHTS[["weight", "height"]]) == expected
    other = HEIGHTS.rename(columns={"weight": "age"})
    with pytest.raises(ValueError, match="y has the columns 'height', 'age', and the fit has"):
        bd.evaluate(pred, other)
    with pytest.raises(ValueError, match="y has the columns 'height', 'age', and the fit has"):
        metrics.rmse(pred, other)


def test_outputs_that_some_rows_lack_are_refused_by_name() -> None:
    lacking = HEIGHTS.assign(weight=np.where(CODES == 2, np.nan, HEIGHTS["weight"]))
    words = (
        r"y is missing or infinite in outputs 'weight', in 4 row\(s\), the first 2: every output "
        "needs a value"
    )
    with pytest.raises(ValueError, match=words):
        fitted(lacking, bd.Gaussian())


@pytest.mark.parametrize("dtype", ["Int64", "Float64"])
def test_outputs_of_pandas_nullable_numbers(dtype: str) -> None:
    counts = pd.DataFrame({"hits": CODES, "misses": 2 * CODES}, dtype=dtype)
    posterior = fitted(counts, bd.Gaussian())
    np.testing.assert_array_equal(posterior.training.target, np.column_stack([CODES, 2 * CODES]))
    assert bd.evaluate(posterior.predict(X), counts) == bd.evaluate(
        posterior.predict(X), counts.astype(float)
    )
    words = r"y is missing or infinite in outputs 'hits', in 4 row\(s\), the first 1"
    with pytest.raises(ValueError, match=words):
        fitted(counts.mask(counts["hits"] == 1, pd.NA).assign(misses=CODES), bd.Gaussian())


@pytest.mark.parametrize("likelihood", [bd.Gaussian(), bd.Categorical()], ids=str)
def test_a_masked_target_is_not_scored(likelihood: bd.Likelihood) -> None:
    pred = fitted(CODES, likelihood).predict(X)
    masked = np.ma.masked_equal(CODES, 2)
    for score in (bd.evaluate, metrics.nll, metrics.aurc):
        with pytest.raises(ValueError, match=r"y (is NaN for 4 of 12|has 4 missing)"):
            score(pred, masked)


def test_counts_of_a_frame_have_their_pit_by_name() -> None:
    counts = pd.DataFrame({"hits": CODES, "misses": 3 * CODES})
    pred = fitted(counts, bd.Poisson()).predict(X)
    np.testing.assert_array_equal(
        metrics.pit(pred, counts), metrics.pit(pred, counts[["misses", "hits"]])
    )


@pytest.mark.parametrize(
    ("names", "error", "words"),
    [
        ("ab", TypeError, "output_names='ab': give one name per column"),
        (["a"], ValueError, "1 output_names for 2 columns"),
        (["a", "a"], ValueError, "output names must differ, and 'a' is given twice"),
        (["a", 1], TypeError, "output_names holds 1: names are strings"),
    ],
)
def test_bad_names_of_outputs(names: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        fitted(HEIGHTS, bd.Gaussian(), output_names=names)


def test_a_file_of_an_earlier_version_has_neither_names_nor_labels(tmp_path: Path) -> None:
    posterior = fitted(CODES)
    posterior.save(tmp_path / "fit.nc")
    with h5py.File(tmp_path / "fit.nc", "r+") as file:
        header = json.loads(file.attrs["bayesdrop"])
        del header["target"], file.attrs["bayesdrop_sha256"]
        file.attrs["bayesdrop"] = json.dumps(header)
    assert bd.load(tmp_path / "fit.nc").target == posterior.target
