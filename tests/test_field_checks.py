"""Checked fields."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from bayesdrop.field_checks import checked_choice, checked_count, checked_number


@dataclass
class Checked:
    value: Any


@pytest.mark.parametrize("value", [3, 3.0, np.float32(3), np.int64(3)])
def test_numbers_become_floats(value: Any) -> None:
    owner = Checked(value)
    checked_number(owner, "value", above=0)
    assert type(owner.value) is float
    assert owner.value == 3.0


@pytest.mark.parametrize(
    ("value", "bounds", "words"),
    [
        (0, {"above": 0}, r"Checked\(value=0\): value must be finite and > 0"),
        (1, {"below": 1}, "< 1"),
        (-0.1, {"at_least": 0, "below": 1}, "< 1 and >= 0"),
        (1.1, {"above": 0, "at_most": 1}, "> 0 and <= 1"),
        (math.nan, {}, r"value must be finite$"),
        (-math.inf, {}, r"value must be finite$"),
    ],
)
def test_bounds(value: float, bounds: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked_number(Checked(value), "value", **bounds)


@pytest.mark.parametrize("bounds", [{"at_least": 1}, {"at_most": 1}])
def test_closed_bounds_are_allowed(bounds: dict[str, float]) -> None:
    checked_number(Checked(1), "value", **bounds)


@pytest.mark.parametrize("value", [True, "3", None, 1j, np.ones(1), np.bool_(True)])
def test_what_is_no_number(value: Any) -> None:
    with pytest.raises(TypeError, match="value must be a number"):
        checked_number(Checked(value), "value")


@pytest.mark.parametrize("value", [True, 3.0, "3", None])
def test_what_is_no_count(value: Any) -> None:
    with pytest.raises(TypeError, match="value must be a whole number"):
        checked_count(Checked(value), "value")


def test_counts() -> None:
    owner = Checked(np.int64(3))
    checked_count(owner, "value", at_least=3)
    assert type(owner.value) is int
    with pytest.raises(ValueError, match=r"Checked\(value=3\): value must be at least 4"):
        checked_count(owner, "value", at_least=4)


def test_choices() -> None:
    checked_choice(Checked("red"), "value", iter(["red", "green"]))
    with pytest.raises(ValueError, match=r"unknown value 'gren'; did you mean 'green'\? known"):
        checked_choice(Checked("gren"), "value", iter(["red", "green"]))
