"""A few of many values, for a message."""

from __future__ import annotations

from bayesdrop.wording import some


def test_the_first_values_and_how_many_more() -> None:
    assert some([]) == ""
    assert some(["a", True, 3, 2.0, 0.25]) == "'a', True, 3, 2, 0.25"
    assert some(range(7)) == "0, 1, 2, 3, 4 and 2 more"
