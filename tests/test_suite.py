"""What a suite accepts."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from bayesdrop.spec import from_dict, to_dict
from bayesdrop.suite import Suite


def test_a_number_of_splits_is_the_first_ones() -> None:
    suite = Suite(["a"], ["b"], ["c"], splits=3)
    assert suite.splits == (0, 1, 2)
    assert suite.models == ("a",)
    assert suite == Suite(("a",), ("b",), ("c",), (0, 1, 2))


def test_splits_may_be_numpy_s() -> None:
    suite = Suite(["a"], ["b"], ["c"], splits=np.arange(3))
    count: Any = np.int64(3)
    assert suite == Suite(["a"], ["b"], ["c"], splits=count)
    assert from_dict(json.loads(json.dumps(to_dict(suite)))).splits == (0, 1, 2)


def test_it_survives_json() -> None:
    suite = Suite(("a",), ("b",), ("c",), (4, 2), seed=7, description="text")
    assert from_dict(to_dict(suite)) == suite


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"models": ()}, r"models=\(\)\): a suite needs at least one"),
        ({"models": "abc"}, "give a tuple of names"),
        ({"datasets": ("d", "d")}, "'d' is there twice"),
        ({"splits": (1, 1)}, "1 is there twice"),
        ({"splits": (-1,)}, "whole numbers from 0"),
        ({"splits": 0}, "a suite needs at least one"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"rows": {"Mine": "ab"}}, "give a dict, label"),
        ({"rows": [("l", "a", "b")] * 2}, "is there twice"),
        ({"rows": {"Mine": (1, 2)}}, "labels, models and methods are names"),
        ({"rows": {"Mine": ("c", "d")}, "inference": ()}, "give both or, with rows, neither"),
        ({"inference": ("b_{dataset}", "b")}, "'a × b' is there twice: name one in rows"),
        ({"rows": {"a × b": ("c", "d")}}, "'a × b' is there twice: name one in rows"),
        ({"splits": (True,)}, "whole numbers from 0"),
        ({"splits": True}, "whole numbers from 0"),
        ({"splits": 2.0}, "whole numbers from 0"),
        ({"splits": 10**12}, "at most 10,000 splits"),
        ({"splits": range(10**5)}, "at most 10,000 splits"),
        ({"splits": (False, 1)}, "whole numbers from 0"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict, message: str) -> None:
    fields = {"models": ("a",), "inference": ("b",), "datasets": ("c",), "splits": 2} | changes
    with pytest.raises((ValueError, TypeError), match=message):
        Suite(**fields)


def test_named_rows() -> None:
    suite = Suite(datasets=("c",), splits=1, rows={"Mine": ("a", "b"), "Other": ("a", "d")})
    assert suite.every_row == (("a", "b", "Mine"), ("a", "d", "Other"))
    assert from_dict(to_dict(suite)) == suite
    both = Suite(("e",), ("f", "g"), ("c",), 1, rows=suite.rows)
    assert both.every_row[2:] == (("e", "f", ""), ("e", "g", ""))
