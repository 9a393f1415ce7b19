"""Predictions far outside the range of the training rows are warned of, once."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pandas as pd
import pytest
from prior_draws import PriorDraws

import bayesdrop as bd
from bayesdrop.data.training import TrainingData
from bayesdrop.posterior.prediction.training_range import TrainingRange

FRAME = pd.DataFrame({"age": np.linspace(20, 60, 30), "dose": np.resize([0.0, 1.0], 30)})
Y = np.random.default_rng(0).normal(size=30)
MODEL = bd.Model(bd.MLP(()))


@pytest.fixture
def posterior() -> bd.Posterior:
    return bd.fit(MODEL, FRAME, Y, PriorDraws(), progress=False)


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def at(age: Any, dose: Any) -> pd.DataFrame:
    return pd.DataFrame({"age": age, "dose": dose}, dtype=float)


def test_the_columns_and_rows_are_named_once(
    posterior: bd.Posterior, caplog: pytest.LogCaptureFixture
) -> None:
    posterior.predict(at([-19, 99], [-0.9, 1.9]))  # by just less than the range
    posterior.predict(FRAME)
    assert messages(caplog) == []
    posterior.predict(at([30, 101, -21], [0, 1, 0]))
    assert messages(caplog) == [
        "2 of 3 rows to predict are far outside the training rows, beyond the smallest or largest "
        "value of 'age' by more than its whole range: there the prediction says more of the prior "
        "than of the data"
    ]
    assert caplog.records[0].levelno == logging.WARNING
    posterior.predict(at([500], [500]))
    assert len(messages(caplog)) == 1


def test_several_columns(posterior: bd.Posterior, caplog: pytest.LogCaptureFixture) -> None:
    posterior.predict(at([500], [-3]), return_std=True)
    assert "1 of 1 rows" in messages(caplog)[0]
    assert "'age', 'dose'" in messages(caplog)[0]


def test_a_column_that_was_constant(caplog: pytest.LogCaptureFixture) -> None:
    X = np.column_stack([np.linspace(0, 1, 30), np.full(30, 7.3)])
    fitted = bd.fit(MODEL, X, Y, PriorDraws(), progress=False)
    assert "one value in all training rows, to rounding, in 'x1'" in messages(caplog)[0]
    caplog.clear()
    before = fitted.predict(np.array([[0.5, 7.3]])).mean
    assert messages(caplog) == []
    np.testing.assert_array_equal(fitted.predict(np.array([[0.5, 7.4]])).mean, before)
    assert messages(caplog) == [
        "1 of 1 rows to predict have another value of 'x1' than all training rows: the fit knows "
        "nothing of what that changes, and predictions leave it out"
    ]


def test_beyond_what_methods_take(
    posterior: bd.Posterior, caplog: pytest.LogCaptureFixture
) -> None:
    assert np.isfinite(posterior.predict(at([1e300, 30], [0, 1])).mean).all()
    assert "1 of 2 rows to predict are far outside" in messages(caplog)[0]
    assert "1 of 2 rows to predict have 'age' beyond 1e+15 standard" in messages(caplog)[1]


def test_channels_of_images(caplog: pytest.LogCaptureFixture) -> None:
    images = np.random.default_rng(0).uniform(size=(10, 4, 4, 2))
    training = TrainingData.of(images, np.arange(10.0), standardise_target=True)
    known = TrainingRange(training, ("red", "green"))
    known.warn_of(images)
    assert messages(caplog) == []
    images[3, 2, 1, 1] = 5
    known.warn_of(images)
    assert "1 of 10 rows" in messages(caplog)[0]
    assert "'green'" in messages(caplog)[0]
