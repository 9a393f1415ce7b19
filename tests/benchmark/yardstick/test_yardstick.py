"""A suite of references: every pair is measured once, and the table and picture are of all."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from made_up_reference import made_up_reference
from prior_draws import PriorDraws
from typer.testing import CliRunner

import bayesdrop as bd
from bayesdrop.benchmark.run.json_files import read_json, write_json
from bayesdrop.benchmark.yardstick.pair import Record
from bayesdrop.benchmark.yardstick.picture import trust_picture
from bayesdrop.benchmark.yardstick.run import records_of
from bayesdrop.benchmark.yardstick.table import lines_of
from bayesdrop.cli import app
from bayesdrop.references.storing import save

METHODS = {
    "prior_draws": "from prior_draws import PriorDraws\nINFERENCE = PriorDraws()\n",
    "refusing": (
        "from dataclasses import dataclass\nfrom prior_draws import PriorDraws\n"
        "@dataclass(frozen=True)\nclass Refusing(PriorDraws):\n"
        "    def supports(self, model):\n        return 'it never runs'\n"
        "INFERENCE = Refusing()\n"
    ),
    "tuned": (
        "import bayesdrop as bd\n"
        "INFERENCE = bd.GridSearch(bd.MCDropout(), {'model.prior.unit.keep': (0.9, 0.8)})\n"
    ),
    "broken": (
        "from dataclasses import dataclass\nfrom prior_draws import PriorDraws\n"
        "@dataclass(frozen=True)\nclass Broken(PriorDraws):\n"
        "    def run(self, *arguments):\n        raise RuntimeError('out of order')\n"
        "INFERENCE = Broken()\n"
    ),
}


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in METHODS.items():
        Path(f"{name}.py").write_text(text)
    save(made_up_reference(), Path("made_up.npz"))


def suite(*methods: str) -> bd.ReferenceSuite:
    return bd.ReferenceSuite(tuple(f"{name}.py" for name in methods), ("made_up.npz",))


def test_every_pair_is_measured_once_and_recorded() -> None:
    own, out = suite("prior_draws", "refusing", "tuned", "broken"), Path("out")
    assert bd.run_suite(own, out) == {"ok": 1, "skipped": 2, "failed": 1}
    assert bd.run_suite(own, out) == {"kept": 3, "failed": 1}
    records = {record["inference"]: record for record in records_of(own, out)}
    assert records["refusing"]["reason"].endswith("it never runs")
    assert "unknown field 'keep'" in records["tuned"]["reason"]
    assert records["broken"]["reason"] == "RuntimeError: out of order"
    found = records["prior_draws"]
    assert found["reference"] == "made_up"
    assert found["distance"]["f_sd_bias"] > 0
    assert {"bayesdrop", "numpy"} <= found["versions"].keys()
    with open(out / "distances.csv") as file:
        rows = {row["inference"]: row for row in csv.DictReader(file)}
    assert rows["broken"]["status"] == "failed"
    shown = float(rows["prior_draws"]["wasserstein"])
    assert shown == pytest.approx(found["distance"]["wasserstein"], rel=1e-3)
    assert (out / "trust.png").stat().st_size > 1000


def test_the_distance_in_a_record_is_that_of_the_fit() -> None:
    own = suite("prior_draws")
    bd.run_suite(own, "out")
    (record,) = records_of(own, Path("out"))
    reference = bd.reference("made_up.npz")
    rows = reference.problem.rows()
    posterior = bd.fit(reference.problem.model, rows.X_train, rows.y_train, PriorDraws())
    expected = bd.distance(posterior.predict(reference.X), reference).summary()
    assert record["distance"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.slow
def test_other_draws_are_another_pair() -> None:
    own = suite("prior_draws")
    bd.run_suite(own, "out")
    reference = made_up_reference()
    save(replace(reference, versions={"bayesdrop": "9.9"}), Path("made_up.npz"))
    assert bd.run_suite(own, "out") == {"kept": 1}
    reference.parameters["loc"][:] += 1
    save(reference, Path("made_up.npz"))
    assert bd.run_suite(own, "out") == {"ok": 1}


def test_what_is_refused(tmp_path: Path) -> None:
    own = suite("prior_draws")
    with pytest.raises(ValueError, match="not in this suite: unknown method 'svi'"):
        bd.run_suite(own, "out", inference="svi")
    with pytest.raises(ValueError, match="not in this suite: unknown reference 'other'"):
        bd.run_suite(own, "out", datasets="other")
    with pytest.raises(ValueError, match="runs in one process, and has no splits to choose"):
        bd.run_suite(own, "out", splits=[0])
    with pytest.raises(ValueError, match="has no jobs to choose"):
        bd.run_suite(own, "out", jobs=2)
    assert not Path("out").exists()
    with pytest.raises(ValueError, match="which no folder of references has"):
        bd.run_suite(own, tmp_path)
    with pytest.raises(ValueError, match="at least one method"):
        bd.ReferenceSuite(())
    with pytest.raises(ValueError, match="'svi' is there twice"):
        bd.ReferenceSuite(("svi", "svi"))
    with pytest.raises(TypeError, match="give a tuple of names"):
        bd.ReferenceSuite("svi")  # type: ignore[arg-type]


def test_a_damaged_record_is_named() -> None:
    own = suite("prior_draws")
    bd.run_suite(own, "out")
    (path,) = Path("out/records").iterdir()
    path.write_text(path.read_text().replace('"ok"', '"OK"'))
    with pytest.raises(ValueError, match=rf"{path.name} has other contents than were written"):
        bd.run_suite(own, "out")


def test_the_command_prints_the_table() -> None:
    Path("mine.py").write_text(
        "import bayesdrop as bd\n"
        "SUITE = bd.ReferenceSuite(('prior_draws.py', 'broken.py'), ('made_up.npz',))\n"
    )
    result = CliRunner().invoke(app, ["run", "mine.py", "--out", "out"])
    assert result.exit_code == 1, result.output
    assert "prior_draws" in result.output
    assert "broken on made_up failed: RuntimeError: out of order" in result.output
    assert "1 run, 0 skipped, 1 failed; report: out/trust.png" in result.output


def record(method: str, **distance: float) -> Record:
    return {"status": "ok", "inference": method, "distance": distance}


def test_lines_have_medians_and_the_nearest_comes_first() -> None:
    records = [
        *(record("far", wasserstein=w, f_mean_bias=1.0) for w in (0.5, 0.7, 0.9)),
        *(record("near", wasserstein=w) for w in (0.1, 0.2, 9.0)),
        record("once", wasserstein=0.0),
        {"status": "skipped", "inference": "far", "reason": "no"},
    ]
    lines = lines_of(records)
    assert [(line.method, line.count) for line in lines] == [("once", 1), ("near", 3), ("far", 3)]
    assert [line.errors["wasserstein"].size for line in lines] == [0.0, 0.2, 0.7]
    assert "f_mean_bias" not in lines[1].errors


@pytest.mark.parametrize(
    ("measure", "values", "shown"),
    [
        ("f_mean_bias", (0.5, 0.7), "0.60"),
        ("delta_nll", (0.5, -0.5), "±0.50"),
        ("delta_nll", (-0.2, -0.4), "−0.30"),
        ("delta_nll", (-0.0037, 0.0036), "0.00"),
        ("coverage_90", (0.8, 1.0), "±0.10"),
        ("coverage_90", (0.8, 0.84), "−0.08"),
    ],
)
def test_errors_of_both_signs_do_not_cancel(
    measure: str, values: tuple[float, ...], shown: str
) -> None:
    (line,) = lines_of([record("one", wasserstein=1.0, **{measure: value}) for value in values])
    assert str(line.errors[measure]) == shown


def test_the_picture_has_a_number_for_each_method_and_thing() -> None:
    near = record("near", wasserstein=0.01, coverage_90=0.9, f_sd_error=0.1)
    far = record("far", wasserstein=0.4, coverage_90=0.6, delta_nll=0.31)
    (axes,) = trust_picture([near, far, near]).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["near", "far (1)"]
    titles = [label.get_text().partition("\n")[0] for label in axes.get_xticklabels()]
    assert titles == ["spread of f", "distribution of y", "90 % interval", "score"]
    assert [text.get_text() for text in axes.texts] == [
        "0.10",
        "0.01",
        "0.00",
        "0.40",
        "−0.30",
        "0.31",
    ]
    shades = axes.images[0].get_array()
    assert shades is not None
    assert shades[0, 2] == 0
    assert shades[1, 2] == 1


def test_opposite_coverages_are_dark() -> None:
    records = [record("one", wasserstein=0.0, coverage_90=held) for held in (0.8, 1.0)]
    (axes,) = trust_picture(records).axes
    shades = axes.images[0].get_array()
    assert shades is not None
    assert shades[0, 1] == pytest.approx(1)


@pytest.mark.parametrize("measure", ["wasserstein", "mean_bias", "sd_error", "sd_bias"])
def test_a_record_that_lacks_a_measure_is_measured_again(measure: str) -> None:
    own = suite("prior_draws")
    bd.run_suite(own, "out")
    (path,) = Path("out/records").iterdir()
    damaged = read_json(path, "")
    del damaged["distance"][measure]
    write_json(path, damaged)
    assert bd.run_suite(own, "out") == {"ok": 1}
    assert bd.run_suite(own, "out") == {"kept": 1}
