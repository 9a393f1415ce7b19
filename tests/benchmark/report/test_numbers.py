"""Numbers as texts."""

from __future__ import annotations

import pytest

from bayesdrop.benchmark.report.numbers import number, plus_minus
from bayesdrop.benchmark.stats.summary import summary


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([0.40, 0.44], "0.420 ± 0.020"),
        ([123.0, 169.0], "146 ± 23"),
        ([1000.0, 3000.0], "2000 ± 1000"),
        ([2.0, 2.0], "2"),
        ([0.123456], "0.1235"),
    ],
)
def test_a_score_has_two_digits_of_its_standard_error(values: list[float], text: str) -> None:
    assert plus_minus(summary(values)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (float("inf"), "∞"),
        (0.0, "0"),
        (3, "3"),
        (2.2549, "2.255"),
        (1234.5, "1234"),
        (0.00001234, "1.234e-05"),
        (-0.5, "-0.5000"),
    ],
)
def test_numbers(value: float | None, text: str) -> None:
    assert number(value) == text
