"""Every method computes the numbers that are kept in :file:`golden.json`, here and elsewhere.

A change that is meant to alter them raises the ``revision`` of the class, and then
``python tests/golden/make.py`` writes the new ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import golden_numbers
import golden_table
import numpy as np
import pytest
from golden_cases import CANNOT_RUN, CASES, Case, new_rows
from sampler_statistics import STATISTICS

import bayesdrop as bd
from bayesdrop.infer.mcmc.chains import MarkovChains

MAKE = "run python tests/golden/make.py"


@pytest.fixture(scope="module", autouse=True)
def _quick_compilation() -> Iterator[None]:
    with golden_table.quick_compilation():
        yield


@pytest.fixture(scope="module")
def table() -> golden_table.Table:
    return golden_table.load()


def _marked(case: Case) -> object:
    return pytest.param(case, id=case.name, marks=[pytest.mark.slow] if case.slow else [])


@pytest.mark.parametrize("case", [_marked(case) for case in CASES.values()])
def test_the_numbers_are_those_kept(case: Case, table: golden_table.Table) -> None:
    assert case.name in table, f"{case.name} has no kept numbers: {MAKE}"
    kept = table[case.name]
    assert kept["class"] == case.method, f"{case.name} is kept for {kept['class']}: {MAKE}"
    assert kept["revision"] == golden_table.revision(case), (
        f"the numbers of {case.name} are kept for revision {kept['revision']} of {case.method}, "
        f"which has {golden_table.revision(case)}: {MAKE}"
    )
    fits = list(case.fits())
    for fit in fits:
        missing = STATISTICS.get(type(fit.method).__name__, set()) - fit.sample_stats.keys()
        assert not missing, f"{case.name} no longer reports {missing}"
    now = golden_numbers.summaries(fits, new_rows())
    deviation = golden_numbers.worst(kept["numbers"], now)
    if deviation.size > golden_numbers.LIMIT:
        pytest.fail(
            f"numbers of {case.name} changed without its revision being raised: {deviation}",
            pytrace=False,
        )


def test_every_method_has_a_case() -> None:
    exported = {
        name
        for name in bd.infer.__all__
        if issubclass(found := getattr(bd.infer, name), bd.Inference) and found is not bd.Inference
    }
    with_cases = {case.method for case in CASES.values()}
    assert exported - with_cases == set(CANNOT_RUN)
    quick = {case.method for case in CASES.values() if not case.slow}
    assert quick == with_cases, "every method has a quick case"


def test_the_statistics_of_every_sampler_are_known() -> None:
    samplers = {
        type(case.inference).__name__
        for case in CASES.values()
        if isinstance(case.inference, (MarkovChains, bd.SMC))
    }
    assert samplers == STATISTICS.keys()


def test_the_table_has_no_other_cases(table: golden_table.Table) -> None:
    assert set(table) == set(CASES)


def _entry(case: Case, number: float) -> golden_table.Entry:
    revision = golden_table.revision(case)
    return {"class": case.method, "revision": revision, "numbers": {"loss.first": number}}


def test_make_writes_what_is_new_or_revised_and_refuses_the_rest(tmp_path: Path) -> None:
    path, case = tmp_path / "golden.json", CASES["gp_rbf"]
    assert golden_table.due({"gp_rbf": case}, path) == [case]
    golden_table.update([case], path, lambda case: _entry(case, 1.0))
    assert golden_table.due({"gp_rbf": case}, path) == []
    with pytest.raises(golden_table.RefusedError, match=r"gp_rbf.*revision 1 of GP: raise GP\.rev"):
        golden_table.update([CASES["pbp"], case], path, lambda case: _entry(case, 2.0))
    assert golden_table.load(path) == {"gp_rbf": _entry(case, 1.0)}, "and writes none of them"

    older = golden_table.load(path)
    older["gp_rbf"]["revision"] = 0
    golden_table.save(older, path)
    assert golden_table.due({"gp_rbf": case}, path) == [case]
    golden_table.update([case], path, lambda case: _entry(case, 3.0))
    assert golden_table.load(path) == {"gp_rbf": _entry(case, 3.0)}


def test_the_script_refuses_too(capsys: pytest.CaptureFixture[str]) -> None:
    import make

    before = golden_table.FILE.read_bytes()
    assert make.main(["gp_rbf"]) == 1
    assert "gp_rbf" in capsys.readouterr().err
    assert golden_table.FILE.read_bytes() == before


def test_a_perturbed_number_is_noticed(table: golden_table.Table) -> None:
    for name, entry in table.items():
        kept = entry["numbers"]
        sizes = golden_numbers.sizes(kept)
        for number, value in kept.items():
            size = max(abs(value), sizes[golden_numbers.group_of(number)])
            within = golden_numbers.worst(kept, kept | {number: value * (1 + 5e-5)})
            assert within.size < golden_numbers.LIMIT, f"{name}: {within}"
            beyond = golden_numbers.worst(kept, kept | {number: value + 3e-4 * size})
            assert beyond.size > golden_numbers.LIMIT or size == 0, f"{name}: {beyond}"


def test_a_number_that_comes_or_goes_is_noticed() -> None:
    for kept, now in (({"a.b": 1.0}, {"a.b": 1.0, "a.c": 1.0}), ({"a.b": 1.0, "a.c": 1.0}, {})):
        assert golden_numbers.worst(kept, now).size == math.inf


def test_draws_that_trade_places_are_noticed() -> None:
    draws = np.random.default_rng(0).normal(size=(3, 4))
    kept = {"w.rms": 1.0, "w.projection": golden_numbers.projection(draws.reshape(-1))}
    for other in (draws[::-1], draws[:, ::-1], draws[[0, 2, 1]]):
        now = kept | {"w.projection": golden_numbers.projection(other.reshape(-1))}
        assert golden_numbers.worst(kept, now).size > 100 * golden_numbers.LIMIT
