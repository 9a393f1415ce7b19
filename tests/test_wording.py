"""Words that messages share."""

from __future__ import annotations

from bayesdrop.wording import some, unknown


def test_the_first_values_and_how_many_more() -> None:
    assert some([]) == ""
    assert some(["a", True, 3, 2.0, 0.25]) == "'a', True, 3, 2, 0.25"
    assert some(range(7)) == "0, 1, 2, 3, 4 and 2 more"


def test_unknown_without_a_near_match() -> None:
    assert unknown("colour", "xyz", ["red"]) == "unknown colour 'xyz'; known: red"
    assert unknown("colour", "xyz", []) == "unknown colour 'xyz'; known: none"
