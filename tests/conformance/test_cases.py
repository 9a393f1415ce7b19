"""The quick suite's cases are few, always the same, and have every pair that is to meet."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence

import pytest
from cases import Case, Groups, cases, likelihood_cases, pairwise, quick_combinations, quick_pairs


def pairs(rows: Sequence[Groups]) -> set[tuple[int, int, int, Hashable, Hashable]]:
    """Which values of which two columns of a group meet in a row."""
    found = set()
    for row in rows:
        for number, group in enumerate(row):
            for left, right in itertools.combinations(range(len(group)), 2):
                found.add((number, left, right, group[left], group[right]))
    return found


@pytest.mark.parametrize("every", [cases(), likelihood_cases()], ids=["noises", "likelihoods"])
def test_the_quick_cases_have_every_pair(every: list[Case]) -> None:
    quick = [parameters.values[0] for parameters in quick_pairs(every) if not parameters.marks]
    assert pairs([case.factors for case in quick]) == pairs([case.factors for case in every])
    assert len(quick) < len(every) / 2
    assert len({case.name for case in every}) == len(every)


def test_a_product_of_two_factors_is_needed_whole_and_one_of_three_is_not() -> None:
    assert pairwise([[row] for row in itertools.product("abc", "xy")]) == list(range(6))
    three = [[row] for row in itertools.product("abc", "xy", "12")]
    chosen = [three[index] for index in pairwise(three)]
    assert pairs(chosen) == pairs(three)
    assert len(chosen) == 6


def test_values_of_two_groups_need_not_meet() -> None:
    rows = [[(a, "x"), (b, "x")] for a, b in itertools.product("abc", "pq")]
    chosen = [rows[index] for index in pairwise(rows)]
    assert len(chosen) == 3
    assert pairs(chosen) == pairs(rows)


def test_a_combination_has_the_values_of_its_name() -> None:
    parameters = quick_combinations({"one": 1, "two": 2}, ["x", "y"], [True, False])
    assert [p.id for p in parameters[:2]] == ["one-x-True", "one-x-False"]
    assert parameters[-1].values == (2, "y", False)
    assert sum(not p.marks for p in parameters) == 4


def test_the_choice_is_the_same_every_time() -> None:
    rows = [case.factors for case in cases()]
    assert pairwise(rows) == pairwise(list(rows))
