"""The table of models: what it says, and that it fits the terminal."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.show.models import ModelRow, _compact, model_row, short
from bayesdrop.show.terminal import print_models, print_row, print_rows

T = bd.noise.InverseNakagami(3.0, 3.0)
METHODS = {
    name: catalog.load("inference", name).value for name in ("mc_dropout", "svi", "nuts", "hmc")
}
ROWS = [
    model_row(name, catalog.load("models", name).value, METHODS)
    for name in ("add", "ard_add", "bernoulli_ard", "gaussian_prior", "horseshoe_ard")
]
LONG = ModelRow(
    "horseshoe_resnet",
    "Gaussian(0.5,1), HalfCauchy(1)",
    "ARD (first, last) + ADD",
    "Student-t, df 6 (first, last); generalised hyperbolic (hidden)",
    "Heteroscedastic",
    "all but mc_dropout_tail_adaptive, svi, nuts",
)


def printed(rows: list[ModelRow], width: int, terminal: bool = True) -> str:
    out = io.StringIO()
    print_rows(rows, Console(file=out, width=width, force_terminal=terminal, color_system=None))
    return out.getvalue()


def test_short_names_of_noises() -> None:
    assert short(T) == "InverseNakagami(3,3)"
    assert short(bd.noise.Gaussian(0.5, mean=1)) == "Gaussian(0.5,1)"
    assert short(bd.noise.Bernoulli(bd.Learned(0.9))) == "Bernoulli(Learned(0.9))"
    assert short(bd.noise.Rayleigh(T)) == "Rayleigh(InverseNakagami(3,3))"


@pytest.mark.parametrize(
    ("row", "noise", "structure", "prior"),
    [
        (ROWS[0], "InverseNakagami(3,3)", "ARD (first, last) + ADD", "Student-t, df 6"),
        (
            ROWS[1],
            "InverseNakagami(3,3)",
            "ARD-ADD",
            "Student-t, df 6 (first, last); numerical (hidden)",
        ),
        (ROWS[2], "Bernoulli(0.95)", "ARD", "spike-and-slab"),
        (ROWS[3], "none", "none", "normal"),
        (ROWS[4], "HalfCauchy(1)", "ARD", "horseshoe"),
    ],
)
def test_rows_of_the_catalog(row: ModelRow, noise: str, structure: str, prior: str) -> None:
    assert (row.noise, row.structure, row.prior) == (noise, structure, prior)
    assert row.likelihood == "Gaussian"


def test_methods_are_those_that_support_the_model() -> None:
    assert ROWS[0].methods == "all"
    assert ROWS[2].methods == "all"
    assert ROWS[3].methods == "all but mc_dropout"


def test_a_model_of_several_noises() -> None:
    prior = bd.ScaleMixture(unit=bd.PerLayer(first=T, hidden=bd.noise.Rayleigh()), weight=None)
    row = model_row("mine", bd.Model(bd.MLP(hidden=(3, 3)), prior), METHODS)
    assert row.noise == "InverseNakagami(3,3), Rayleigh(1)"
    assert row.prior == "Student-t, df 6 (first); Laplace (hidden); normal (last)"


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("rows", [ROWS, [*ROWS, LONG]], ids=["shipped", "long"])
def test_no_word_is_broken_on_a_terminal(rows: list[ModelRow], width: int) -> None:
    text = printed(rows, width)
    assert max(map(len, text.splitlines())) <= width
    shown = text.split()
    for row in rows:
        for cell in (row.model, row.structure, row.prior):
            assert set(cell.split()) <= set(shown)


def test_a_narrow_terminal_has_fewer_columns() -> None:
    heads = [printed([*ROWS, LONG], width).splitlines()[0].split() for width in (160, 80, 60)]
    assert heads == [
        ["model", "structure", "prior", "noise", "likelihood"],
        ["model", "structure", "prior", "noise"],
        ["model", "structure", "prior"],
    ]
    text = printed([*ROWS, LONG], 40)
    assert text.splitlines()[0] == "add"
    assert max(map(len, text.splitlines())) <= 40


@pytest.mark.parametrize("terminal", [True, False])
def test_all_of_one_model(terminal: bool) -> None:
    out = io.StringIO()
    console = Console(file=out, width=40, force_terminal=terminal, color_system=None)
    print_row(LONG, console, "A description that takes more than forty characters.")
    lines = out.getvalue().splitlines()
    assert lines[0] == "horseshoe_resnet"
    if terminal:
        assert max(map(len, lines)) <= 40
        assert "              svi, nuts" in lines
    else:
        assert lines[-1] == "  methods     all but mc_dropout_tail_adaptive, svi, nuts"
        assert lines[1] == "  A description that takes more than forty characters."


def test_in_a_pipe_each_model_is_a_line() -> None:
    lines = printed([*ROWS, LONG], 80, terminal=False).splitlines()
    assert len(lines) == 2 + len(ROWS)
    assert lines[-1].split("  ")[0] == "horseshoe_resnet"
    assert LONG.prior in lines[-1]


def test_a_broken_model_is_named_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(catalog, "folder", lambda kind: tmp_path / kind)
    for kind, name, text in (
        ("models", "fine", "MODEL = bd.Model(bd.MLP())"),
        ("models", "bad", "MODEL = bd.Modell()"),
        ("inference", "svi", "INFERENCE = bd.SVI()"),
    ):
        (tmp_path / kind).mkdir(exist_ok=True)
        (tmp_path / kind / f"{name}.py").write_text(f"import bayesdrop as bd\n{text}\n")
    print_models()
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("fine ")
    assert lines[2].startswith("bad can't be loaded: ")
    assert "Modell" in lines[2]


FREE = {
    "learned": bd.ARD(bd.noise.Bernoulli(bd.Learned(0.9))),
    "with_a_prior": bd.ARD(bd.noise.HalfCauchy(bd.noise.HalfCauchy(0.1))),
    "student": bd.ARD(bd.noise.InverseNakagami(bd.Learned(3.0), bd.noise.HalfNormal(2.0))),
}


@pytest.mark.parametrize("prior", FREE.values(), ids=FREE)
def test_free_noises_are_listed_and_drawn(prior: bd.ScaleMixture) -> None:
    model = bd.Model(bd.MLP((4,)), prior)
    assert model_row("m", model, METHODS).prior
    for draw in (bd.show.prior_densities, bd.show.prior_matrices, bd.show.prior_functions):
        assert draw({"m": model}).axes


def test_a_prior_is_named_given_its_parameters() -> None:
    model = bd.Model(bd.MLP((4,)), FREE["with_a_prior"])
    assert model_row("m", model, METHODS).prior == "horseshoe given its scale"


@pytest.mark.slow
def test_every_model_of_the_catalog_is_drawn() -> None:
    models = {name: catalog.load("models", name).value for name in catalog.names("models")}
    tables = {name: model for name, model in models.items() if not model.network.shares_weights}
    assert len(bd.show.prior_functions(tables, draws=20).axes) >= len(tables) > 20
    assert bd.show.prior_matrices(tables).axes
    images = {name: model for name, model in models.items() if name.startswith("digits")}
    assert bd.show.prior_matrices(images, n_features=(8, 8, 1)).axes
    assert bd.show.prior_densities(models).axes


@pytest.mark.parametrize(
    "keep", [bd.Learned(0.9), bd.noise.Beta(9.0, 1.0)], ids=lambda keep: type(keep).__name__
)
def test_weights_of_dropout_with_a_fitted_rate(keep: object) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 3))
    model = bd.Model(bd.ResNet(4), bd.ARD(bd.noise.Bernoulli(keep)))
    post = bd.fit(model, X, X[:, 0], bd.MCDropout(num_epochs=5, num_passes=50), progress=False)
    assert np.isfinite(post.feature_relevance()["weight_rms"]).all()
    assert bd.show.posterior_weights({"fit": post}).axes


def test_names_of_one_beginning_fold_if_all_of_them_are_meant() -> None:
    every = ["nuts", "svi", "svi_flow", "svi_full_rank", "svi_pyro", "mc_dropout"]
    assert _compact(every[:5], [*every, "gp"]) == "all but mc_dropout, gp"
    assert _compact(["nuts", "mc_dropout", "svi"], every) == "nuts, mc_dropout, svi"
    assert _compact(["nuts", *every[2:5]], every) == "all but svi, mc_dropout"
    assert _compact(every[2:5], [*every, "gp"]) == "svi_*"
    assert _compact(every[2:4], every) == "svi_flow, svi_full_rank"
