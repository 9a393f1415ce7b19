"""The scripts of ``benchmarks/calibration``: what they cover, and that they go on."""

from __future__ import annotations

import importlib
import itertools
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up_reference import made_up_reference
from prior_draws import PriorDraws

import bayesdrop as bd

FOLDER = Path(__file__).parents[2] / "benchmarks" / "calibration"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that imports a script by its name."""
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in (
        "pairs",
        "blocks",
        "sbc",
        "evidence",
        "evidence_tables",
        "evidence_picture",
        "reference_quality",
    ):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module


def test_choices_meet_as_is_said_in_pairs_that_their_methods_run(script: Any) -> None:
    pairs = script("pairs")
    assert len(pairs.EXACT) == 30
    for one in (*pairs.EXACT.values(), *pairs.APPROXIMATE.values()):
        assert one.inference.supports(one.model) is None, one[:4]
    met = {
        frozenset(enumerate_two)
        for one in pairs.EXACT.values()
        for enumerate_two in itertools.combinations(enumerate(one[:4]), 2)
    }
    four = list(pairs.NOISES)[:4]
    factors = [pairs.FOUR, four, pairs.STRUCTURES, list(pairs.LIKELIHOODS)]
    for (i, left), (j, right) in itertools.combinations(enumerate(factors), 2):
        for a, b in itertools.product(left, right):
            assert frozenset(((i, a), (j, b))) in met, (a, b)
    for method in ("smc", "gibbs_hmc", "enumeration"):
        for j, choices in ((2, pairs.STRUCTURES), (3, pairs.LIKELIHOODS)):
            assert all(frozenset(((0, method), (j, b))) in met for b in choices)


def test_every_noise_is_in_a_pair(script: Any) -> None:
    pairs = script("pairs")
    known = {name for name, value in vars(bd.noise).items() if is_noise(value)}
    assert {type(noise).__name__ for noise in pairs.NOISES.values()} == known
    assert {one.noise for one in pairs.EXACT.values()} == set(pairs.NOISES)


def is_noise(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, bd.Noise) and value is not bd.Noise


@pytest.fixture
def few_blocks(script: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``blocks.py`` with blocks of ten data sets, and three pairs that draw from the prior."""
    blocks = script("blocks")
    for one in THREE:
        monkeypatch.setitem(blocks.ALL, one, blocks.ALL[one]._replace(inference=PriorDraws(100, 2)))
    monkeypatch.setattr(blocks, "BLOCK", 10)
    return blocks


THREE = ("nuts-inverse_nakagami-ARD-gaussian", "nuts-regularized_half_cauchy-ADD-heteroscedastic",
         "svi")  # fmt: skip


def run_all(blocks: Any, out: Path, n: int, until: float = float("inf")) -> None:
    for name, first in blocks.in_rounds(THREE, n):
        blocks.run(name, first, out, n, until)


def test_a_run_goes_on_and_the_table_has_holm_s_p_values(
    script: Any, few_blocks: Any, tmp_path: Path
) -> None:
    name, other, _ = THREE
    run_all(few_blocks, tmp_path, 20)
    first = few_blocks.block_path(tmp_path, name, 0)
    assert len(list(tmp_path.glob(f"{name}*"))) == 2
    stamp = first.stat().st_mtime_ns
    few_blocks.block_path(tmp_path, name, 10).unlink()
    run_all(few_blocks, tmp_path, 20, until=0.0)  # the time is over
    assert few_blocks.collected(tmp_path, name).n == 10
    run_all(few_blocks, tmp_path, 20)
    assert first.stat().st_mtime_ns == stamp
    found = {one: few_blocks.collected(tmp_path, one) for one in THREE}
    assert found[name].n == 20
    lines = script("sbc").table(found).splitlines()
    assert len(lines) == 2 + len(THREE)
    assert lines[2].startswith("| nuts | inverse_nakagami | ARD | gaussian | 20 |")
    assert "| NOT UNIFORM | log_likelihood |" in lines[2]
    p = [found[one].p_value for one in (name, other)]
    assert f"| {min(p):.3f} | {2 * min(p):.3f} |" in lines[2 + int(np.argmin(p))]
    assert "| approximate |" in lines[4]


@pytest.mark.slow
def test_a_larger_n_completes_the_block_that_was_cut(few_blocks: Any, tmp_path: Path) -> None:
    run_all(few_blocks, tmp_path, 13)
    (tmp_path / "whole").mkdir()
    run_all(few_blocks, tmp_path / "whole", 20)
    run_all(few_blocks, tmp_path, 20)
    found, whole = (few_blocks.collected(out, THREE[0]) for out in (tmp_path, tmp_path / "whole"))
    assert found.n == 20
    assert np.array_equal(found.ranks["log_likelihood"], whole.ranks["log_likelihood"])
    run_all(few_blocks, tmp_path, 5)
    assert few_blocks.collected(tmp_path, THREE[0]).n == 20


def test_ranks_of_an_earlier_revision_are_not_counted(
    few_blocks: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_all(few_blocks, tmp_path, 10)
    monkeypatch.setattr(PriorDraws, "revision", 2)
    assert few_blocks.collected(tmp_path, THREE[0]) is None
    run_all(few_blocks, tmp_path, 10)
    assert few_blocks.collected(tmp_path, THREE[0]).n == 10


def test_blocks_go_round_all_pairs(few_blocks: Any) -> None:
    assert few_blocks.in_rounds(["a", "b"], 25) == [
        ("a", 0), ("b", 0), ("a", 10), ("b", 10), ("a", 20), ("b", 20)
    ]  # fmt: skip


def test_a_verdict_takes_many_data_sets(script: Any) -> None:
    verdict = script("sbc").verdict
    assert [verdict(0.5, n) for n in (50, 999, 1000)] == ["too few", "too few", "calibrated"]
    assert verdict(0.01, 50) == "NOT UNIFORM"
    assert verdict(None, 1000) == "approximate"


@pytest.mark.slow
def test_the_script_draws_a_picture_of_each_pair(
    script: Any,
    few_blocks: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    few_blocks.run("svi", 0, tmp_path, 10, float("inf"))
    monkeypatch.setattr(
        sys, "argv", ["sbc.py", "--out", str(tmp_path), "--table", "--pairs", "svi"]
    )
    script("sbc").main()
    assert {path.name for path in tmp_path.glob("*.png")} == {"overview.png", "svi.png"}
    assert "approximate" in capsys.readouterr().out


def evidence_of(method: bd.SMC, runs: list[float], **others: float) -> dict[str, Any]:
    """What a file of the evidence holds."""
    effort = {"particles": method.num_particles, "moves": method.num_mcmc_steps}
    loo = {"loo_of_rows": [-1.0, -2.0, -3.0], "high_k": 0}
    found = {"runs": runs, "log_evidence": float(np.mean(runs)), "gradients": 1}
    return {**found, **loo, **effort, **others}


def test_a_table_of_the_evidence(script: Any, tmp_path: Path) -> None:
    evidence, tables = script("evidence"), script("evidence_tables")
    method = bd.SMC(num_particles=64, num_mcmc_steps=2)
    add, ard = (evidence.Question.of(name, "diabetes", 5, 200) for name in ("add", "ard_add"))
    add.path(tmp_path, method).write_text(json.dumps(evidence_of(method, [-10.0, -10.4])))
    worse = evidence_of(method, [-12.0, -14.0], loo_of_rows=[-2.0, -4.0, -3.0], high_k=7)
    ard.path(tmp_path, method).write_text(json.dumps(worse))

    def lines() -> list[str]:
        begin = {"add": add.begin, "ard_add": ard.begin}
        return tables.table("diabetes", tables.found_in(tmp_path, begin)).splitlines()

    assert lines()[-2:] == [
        "| add | -10.20 | 0.00 | 0.40 | 0.0 ± 0.0 | 0 | 64 × 2 |  |",
        "| ard_add | -13.00 | 2.80 | 2.00 | 3.0 ± 1.7 | 7 | 64 × 2 | not converged |",
    ]
    more = bd.SMC(num_particles=128, num_mcmc_steps=2)
    found = evidence_of(more, [-12.9, -13.1], gradients=2)
    ard.path(tmp_path, more).write_text(json.dumps(found))
    assert lines()[-1] == "| ard_add | -13.00 | 2.80 | 0.20 | 0.0 ± 0.0 | 0 | 128 × 2 |  |"
    unknown = evidence_of(more, [-1.0, -7.0], gradients=3)
    ard.path(tmp_path, more).write_text(json.dumps(unknown))
    assert lines()[-2:] == [
        "| ard_add | -4.00 | -6.20 | 6.00 | 0.0 ± 0.0 | 0 | 128 × 2 | not converged |",
        "| add | -10.20 | 0.00 | 0.40 | 0.0 ± 0.0 | 0 | 64 × 2 |  |",
    ]
    larger = evidence.Question.of("add", "diabetes", 6, 200)
    fewer = evidence.Question.of("add", "diabetes", 5, 100)
    assert tables.found_in(tmp_path, {"larger": larger.begin, "fewer": fewer.begin}) == []


def test_a_table_of_the_evidence_on_all_data_sets(script: Any) -> None:
    tables = script("evidence_tables")
    best, worse = (
        tables.Found(name, below, apart, 0.0, 0.0, {})
        for name, below, apart in (("add", 0.0, 0.4), ("ard_add", 2.81, 2.0))
    )
    assert tables.summary({"diabetes": [best, worse], "yacht": [best]}).splitlines()[3:] == [
        "| prior | diabetes | yacht |",
        "|---|---|---|",
        "| add | 0.0 | 0.0 |",
        "| ard_add | not converged |  |",
        "",
        "Runs agree within 1 nat in 2 of 3 cells.",
    ]


def test_the_picture_of_the_evidence_has_a_panel_for_each_data_set(script: Any) -> None:
    tables, of = script("evidence_tables"), script("evidence_picture").picture
    known, unknown = (
        tables.Found(
            name, below, apart, 0.5, 0.2, {"runs": [1.0 - apart, 1.0], "log_evidence": 0.9}
        )
        for name, below, apart in (("add", 0.0, 0.4), ("ard_add", 2.81, 2.0))
    )
    figure = of({"diabetes": [known, unknown], "yacht": [known], "wine": [], "energy": []})
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title() for axes in shown] == ["diabetes", "yacht", "wine", "energy"]
    assert [axes.get_text() for axes in shown[0].get_yticklabels()] == ["add", "ard_add"]
    drawn = [points.lines[0] for points in shown[0].containers]
    assert [line.get_markerfacecolor() for line in drawn][1] == "white"
    bar = shown[0].containers[1].lines[2][0].get_segments()[0][:, 0]
    assert bar.tolist() == pytest.approx([2.81 - 0.1, 2.81 + 1.9])  # the best run is the nearest
    places = [line.get_xydata().tolist() for line in drawn]
    assert places == [[[0.0, -0.15]], [[2.81, 0.85]], [[0.5, 0.15], [0.5, 1.15]]]


def test_other_settings_are_another_fit(
    script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = script("evidence")
    asked: list[tuple[int, int, int]] = []

    def fitted(question: Any, method: bd.SMC) -> dict[str, Any]:
        hidden = question.model.network.hidden
        asked.append((question.rows, hidden, method.num_particles))
        return evidence_of(method, [-1.0, -1.0])

    monkeypatch.setattr(evidence.Question, "fitted", fitted)
    fixed = ["evidence.py", "--out", str(tmp_path), "--models", "add", "--datasets", "diabetes"]
    for given in ("", "", "--particles 4096", "--rows 50", "--hidden 3", "--hidden 3"):
        monkeypatch.setattr(sys, "argv", [*fixed, *given.split()])
        evidence.main()
    assert asked == [(200, 5, 512), (200, 5, 4096), (50, 5, 512), (200, 3, 512)]


def test_classes_have_the_likelihood_of_classes(script: Any) -> None:
    of = script("evidence").Question.of
    kinds = [of("add", name, 5, 200).model.likelihood for name in ("diabetes", "breast_cancer")]
    assert kinds == [bd.Gaussian(), bd.Bernoulli()]
    assert of("add", "wine_cultivars", 5, 200).model.likelihood == bd.Categorical(3)


@pytest.mark.slow
def test_the_evidence_of_two_priors(
    script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    evidence = script("evidence")
    given = "--models gaussian_prior ard_add --datasets diabetes --rows 20 --hidden 2"
    few = "--particles 64 --moves 1 --runs 2"
    monkeypatch.setattr(
        sys, "argv", ["evidence.py", "--out", str(tmp_path), *f"{given} {few}".split()]
    )
    evidence.main()
    assert "| gaussian_prior |" in capsys.readouterr().out
    assert len(list((tmp_path / "diabetes").glob("*.json"))) == 2


@pytest.mark.slow
@pytest.mark.parametrize("index", range(5))
def test_the_cheapest_pairs_are_calibrated(script: Any, index: int) -> None:
    """On 100 data sets, corrected for five pairs."""
    blocks, pairs = script("blocks"), script("pairs")
    one = pairs.EXACT[pairs.CHEAPEST[index]]
    few = {"num_draws": blocks.NUM_DRAWS, "progress": False}
    found = bd.sbc(one.model, one.inference, blocks.X, n=100, **few)
    assert found.p_value > 0.05 / 5, found.to_frame()


def test_other_draws_of_a_reference_are_as_far_as_chance_says(script: Any) -> None:
    floor = script("reference_quality").floor(made_up_reference(), repeats=5)
    assert floor["f_mean_bias"] == pytest.approx(np.sqrt(2 / 100), rel=0.1)
    assert floor["f_sd_error"] == pytest.approx(np.sqrt(1 / 100), rel=0.2)


def test_the_table_of_references_has_the_worst_of_both_samplers(script: Any) -> None:
    found = made_up_reference()
    first, second = found.runs
    better = replace(first.mixed, max_rhat=1.001, min_bulk_ess=1600.0, min_tail_ess=1700.0)
    for runs in ((replace(first, mixed=better), second), (first, replace(second, mixed=better))):
        table = script("reference_quality").checks_table([replace(found, runs=runs)])
        assert table.splitlines()[-1] == "| `made_up` | 2 + 2 | 1.002 | 1,500 | 1,400 | 3.0 |"
