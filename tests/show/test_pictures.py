"""What the figures show, read back from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from prior_draws import PriorDraws

import bayesdrop as bd
from bayesdrop import show
from bayesdrop.show.functions import prior_function_draws
from bayesdrop.show.matrices import draw_matrix, noises, noisiest
from bayesdrop.show.style import colour_map, save

T, HALF = bd.noise.InverseNakagami(3.0, 3.0), bd.noise.Bernoulli(0.5)
NET = bd.ResNet(hidden=6, depth=3)
MODELS = {
    "ard": bd.Model(NET, bd.ARD(T)),
    "add": bd.Model(NET, bd.ADD(bd.noise.Rayleigh())),
    "both": bd.Model(NET, bd.ARDADD(T, bd.noise.HalfCauchy())),
    "dropout": bd.Model(bd.MLP(hidden=(6,)), bd.ARD(HALF)),
    "connect": bd.Model(NET, bd.DropConnect(T)),
    "plain": bd.Model(bd.MLP(hidden=(6,))),
}
RNG = np.random.default_rng(5)
X = RNG.normal(size=(30, 3))
Y = X[:, 0] + 0.1 * RNG.normal(size=30)


def lines(axes: Any) -> dict[str, Any]:
    return {line.get_label(): line for line in axes.get_lines()}


def images(figure: Figure) -> Iterator[Any]:
    for axes in figure.axes:
        yield from (image for image in axes.get_images())


# Priors


def test_density_lines_are_the_marginals() -> None:
    peaks, tails = show.prior_densities(MODELS).axes
    for axes in (peaks, tails):
        found = lines(axes)
        assert len(found) == 6  # ard and connect have one noise and share a line; N(0, 1)
        w, p = found["ard, connect: Student-t, df 6"].get_data()
        np.testing.assert_allclose(p, np.exp(T.log_marginal(w)), rtol=1e-9)
        w, p = found["dropout: spike-and-slab; ↑ mass 0.5 at exactly 0"].get_data()
        np.testing.assert_allclose(p, np.exp(HALF.log_marginal(w)), rtol=1e-9)
        w, normal = found["N(0, 1)"].get_data()
        np.testing.assert_allclose(found["plain: normal"].get_ydata(), normal)
        np.testing.assert_allclose(normal, np.exp(-(w**2) / 2) / np.sqrt(2 * np.pi))
        assert "both: InverseNakagami(3,3) × HalfCauchy(1)" in found
    assert tails.get_xscale() == tails.get_yscale() == "log"
    assert 0.5 < peaks.get_ylim()[1] < 2  # the product's peak is infinite


def test_the_matrix_with_most_noises_is_shown() -> None:
    assert noisiest(MODELS["both"]) == 1
    assert noises(MODELS["both"], 1) == (T, bd.noise.HalfCauchy())
    assert noisiest(MODELS["add"]) == 1


@pytest.mark.parametrize("structure", ["unit", "layer", "weight"])
def test_drawn_matrices_have_the_structure(structure: str) -> None:
    model = bd.Model(bd.ResNet(hidden=20, depth=2), bd.ScaleMixture(**{structure: HALF}))
    zero = draw_matrix(model, 1, n_features=3, draws=40) == 0
    rows, whole = zero.all(-1), zero.all((1, 2))
    share = {"unit": rows.mean(), "layer": whole.mean(), "weight": zero.mean()}[structure]
    assert 0.2 < share < 0.8
    assert np.array_equal(zero, np.broadcast_to(rows[..., None], zero.shape)) == (
        structure != "weight"
    )
    assert (np.array_equal(whole, rows.any(1)) and whole.any()) == (structure == "layer")


def test_matrices_are_in_units_of_the_base_scale() -> None:
    model = bd.Model(bd.MLP(hidden=(50,)), bd.ScaleMixture(base_scale=7.0))
    assert draw_matrix(model, 0, n_features=20, draws=5).std() == pytest.approx(1, abs=0.05)


def test_picture_of_matrices() -> None:
    figure = show.prior_matrices(MODELS, draws=2, n_features=4)
    shown = list(images(figure))
    assert len(shown) == 2 * len(MODELS)
    assert len({image.get_clim() for image in shown}) == 1
    np.testing.assert_allclose(
        shown[0].get_array(), np.abs(draw_matrix(MODELS["ard"], 1, 4, 2))[0], rtol=1e-9
    )
    assert shown[6].get_array().shape == (4, 6)  # no hidden-to-hidden: the first with noise
    titles = [axes.get_title("left") for axes in figure.axes[: 2 * len(MODELS) : 2]]
    assert titles == [
        "ard: ARD, rows shrink together",
        "add: ADD, the layer shrinks whole",
        "both: ARD-ADD, rows shrink together and the layer shrinks whole",
        "dropout: ARD, rows shrink together",
        "connect: DropConnect, each weight alone",
        "plain: no noise, no structure",
    ]


def test_functions_are_drawn_from_the_prior() -> None:
    """Of the linear model f(x) = w x + b, with unit scales, the law is N(0, 1 + x²)."""
    x = np.array([-2.0, 0.0, 1.0])
    f = prior_function_draws(bd.Model(bd.MLP(hidden=())), x, draws=20_000)
    np.testing.assert_allclose(f.std(0), np.sqrt(1 + x**2), rtol=0.03)
    np.testing.assert_allclose(f.mean(0), 0, atol=0.06)


def test_picture_of_functions_survives_heavy_tails() -> None:
    heavy = bd.Model(NET, bd.ARD(bd.noise.HalfCauchy()))
    figure = show.prior_functions({**MODELS, "heavy": heavy}, lines=4, draws=60)
    panels = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title() for axes in panels] == [*MODELS, "heavy"]
    assert {len(axes.get_lines()) for axes in panels} == {4}
    assert len({axes.get_ylim() for axes in panels}) == 1
    assert panels[0].get_ylim()[1] < 30
    assert "90 % band to ±" in panels[-1].texts[0].get_text()
    expected = prior_function_draws(heavy, np.linspace(-2, 2, 201), 60)[0]
    np.testing.assert_allclose(panels[-1].get_lines()[0].get_ydata(), expected)


# Fits


@pytest.fixture(scope="module")
def fits() -> dict[str, bd.Posterior]:
    dropout = bd.Model(bd.MLP(hidden=(6, 5)), bd.ARD(HALF))
    return {
        "ard.add": bd.fit(MODELS["both"], X, Y, PriorDraws(), progress=False),
        "mc": bd.fit(dropout, X, Y, PriorDraws(passes=5000), progress=False),
    }


def test_heat_maps_are_the_mean_absolute_weights_over_the_base_scale(
    fits: dict[str, bd.Posterior],
) -> None:
    figure = show.posterior_weights(fits, order="none")
    shown = list(images(figure))
    assert len(shown) == 3  # two of the residual network, one of the other
    assert len({image.get_clim() for image in shown}) == 1
    values = fits["ard.add"].result.values
    for layer, image in zip((1, 2), (shown[0], shown[2]), strict=True):
        w = np.einsum(
            "di,d,dij->dij",
            values[f"unit_scale_{layer}"][0],
            values[f"layer_scale_{layer}"][0],
            values[f"weight_{layer}_base"][0],
        )
        np.testing.assert_allclose(image.get_array(), np.abs(w).mean(0) * 6**0.5, rtol=1e-4)
    z = np.abs(fits["mc"].result.values["weight_1_base"])
    np.testing.assert_allclose(shown[1].get_array(), 0.5 * z * 6**0.5, rtol=0.08)
    assert figure.axes[0].get_title() == "ard.add\nARD-ADD\n× PriorDraws"
    assert "in the model's order" in figure.axes[0].get_ylabel()


def test_heat_maps_of_other_base_scales_compare() -> None:
    scales: dict[str, Any] = {"fan-in": "fan_in", "wide": 30.0}
    priors = {name: bd.ScaleMixture(unit=T, base_scale=scale) for name, scale in scales.items()}
    fits = {
        name: bd.fit(bd.Model(NET, prior), X, Y, PriorDraws(), progress=False)
        for name, prior in priors.items()
    }
    figure = show.posterior_weights(fits, order="none")
    fan_in, wide, *_ = images(figure)
    np.testing.assert_allclose(fan_in.get_array(), wide.get_array(), rtol=1e-4)
    assert figure.axes[-1].get_ylabel() == "posterior mean of |w| / σ₀"
    assert figure.get_suptitle() == "Weights over their base scale σ₀"


def test_rows_are_sorted_by_norm(fits: dict[str, bd.Posterior]) -> None:
    figure = show.posterior_weights(fits)
    plain = list(images(show.posterior_weights(fits, order="none")))
    for image, unsorted in zip(images(figure), plain, strict=True):
        norms = np.linalg.norm(image.get_array(), axis=1)
        assert np.all(np.diff(norms) <= 0)
        assert sorted(norms) == pytest.approx(sorted(np.linalg.norm(unsorted.get_array(), axis=1)))
    assert "sorted by row norm" in figure.axes[0].get_ylabel()


def test_heat_maps_of_the_mean_weights_leave_the_spread_out(fits: dict[str, bd.Posterior]) -> None:
    figure = show.posterior_weights(fits, order="none", average="weights", log=True)
    shown = list(images(figure))
    values = fits["ard.add"].result.values
    w = np.einsum(
        "di,d,dij->dij",
        values["unit_scale_1"][0],
        values["layer_scale_1"][0],
        values["weight_1_base"][0],
    )
    expected = np.abs(w.mean(0)) * 6**0.5
    np.testing.assert_allclose(shown[0].get_array(), expected, rtol=1e-4, atol=1e-9)
    low, high = shown[0].get_clim()
    assert high / low == pytest.approx(1000)
    assert len({image.get_clim() for image in shown}) == 1
    magnitudes = next(images(show.posterior_weights(fits, order="none")))
    assert np.all(shown[0].get_array() < magnitudes.get_array())
    with pytest.raises(ValueError, match="unknown average 'weight'; did you mean 'weights'"):
        show.posterior_weights(fits, average="weight")  # type: ignore[arg-type]


def test_fits_that_have_no_heat_map(fits: dict[str, bd.Posterior]) -> None:
    one = bd.fit(MODELS["plain"], X, Y, PriorDraws(), progress=False)
    with pytest.raises(ValueError, match=r"^one has no hidden-to-hidden matrix: MLP\(hidden="):
        show.posterior_weights({**fits, "one": one})
    with pytest.raises(ValueError, match="unknown order 'norms'; did you mean 'norm'"):
        show.posterior_weights(fits, order="norms")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no chain 3"):
        show.posterior_weights(fits, chain=3)


def test_picture_of_relevance(fits: dict[str, bd.Posterior]) -> None:
    figure = show.feature_relevance(fits["ard.add"])
    table = fits["ard.add"].feature_relevance()
    scale, rms = figure.axes
    np.testing.assert_allclose(scale.get_lines()[0].get_xdata(), table["scale_mean"])
    np.testing.assert_allclose(rms.get_lines()[0].get_xdata(), table["weight_rms"])
    assert [text.get_text() for text in scale.get_yticklabels()] == list(table.index)
    assert len(show.feature_relevance(fits["mc"]).axes) == 1


@pytest.mark.slow
def test_pictures_are_small_files_with_the_colours_of_the_figure(tmp_path: Path) -> None:
    path = save(show.prior_matrices(MODELS), tmp_path / "new" / "picture.png")
    assert path.stat().st_size < 150_000
    show.prior_matrices(MODELS).savefig(tmp_path / "exact.png", dpi=130)
    exact, written = (
        np.asarray(Image.open(p).convert("RGB"), dtype=int) for p in (tmp_path / "exact.png", path)
    )
    levels = colour_map()(np.arange(20), bytes=True)[:, :3].astype(int)
    cells = (exact[:, :, None] == levels).all(-1).any(-1)
    assert cells.mean() > 0.3
    assert np.abs(exact - written)[cells].max() <= 3


def test_picture_of_reliability() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(20, 300, 1))
    y = rng.integers(0, 2, 300)
    pred = bd.Predictive(bd.Bernoulli(), {"logits": logits.astype(np.float32)})
    figure = show.reliability({"one": pred}, y, bins=5)
    curve = bd.metrics.reliability_curve(pred, y, bins=5)
    upper, lower = figure.axes
    diagonal, line = upper.lines
    np.testing.assert_array_equal(diagonal.get_xdata(), diagonal.get_ydata())
    np.testing.assert_allclose(line.get_xdata(), curve.confidence)
    np.testing.assert_allclose(line.get_ydata(), curve.accuracy)
    np.testing.assert_allclose(lower.lines[0].get_ydata(), curve.count)
    assert f"{bd.metrics.ece(pred, y, 5):.3f}" in line.get_label()


def test_reliability_is_of_classes() -> None:
    pred = bd.Predictive(bd.Gaussian(), {"loc": np.zeros((2, 3, 1)), "scale": np.ones((2, 3, 1))})
    with pytest.raises(TypeError, match=r"bd\.Bernoulli and bd\.Categorical predict classes"):
        show.reliability({"one": pred}, np.zeros(3))


# Losses


def with_losses(losses: Any) -> bd.Posterior:
    posterior = bd.fit(MODELS["plain"], X, Y, PriorDraws(), progress=False)
    return replace(posterior, fit=replace(posterior.fit, losses=np.asarray(losses)))


def test_losses_are_raw_and_smoothed_and_the_axis_leaves_the_start_out() -> None:
    fast = 10 + 1000 * np.exp(-np.arange(500) / 10)
    slow = 20 + RNG.normal(size=3000)
    (axes,) = show.loss({"fast": with_losses(fast), "slow": with_losses(slow)}).axes
    raw, smooth = axes.get_lines()[:2]
    np.testing.assert_allclose(raw.get_data(), [np.arange(1, 501), fast])
    step, mean = smooth.get_data()
    assert smooth.get_label() == "fast"
    np.testing.assert_array_equal(step, np.arange(10, 501))
    np.testing.assert_allclose(mean[0], fast[:10].mean())
    np.testing.assert_allclose(mean[-1], fast[-10:].mean())
    assert len(axes.get_lines()[2].get_xdata()) <= 2000
    low, high = axes.get_ylim()
    assert low < 10
    assert 20 < high < 30


def test_losses_of_a_sampler_are_refused() -> None:
    with pytest.raises(ValueError, match="nuts has no losses"):
        show.loss({"nuts": bd.fit(MODELS["plain"], X, Y, PriorDraws(), progress=False)})


def test_change_of_the_loss_is_diagnosed() -> None:
    losses = np.r_[np.full(90, 50.0), np.full(5, 4.0), np.full(5, 3.0)]
    found = with_losses(losses).diagnose()
    assert found.final_loss == 3
    assert found.loss_change == pytest.approx(-0.25)
    assert with_losses([1.0]).diagnose().loss_change is None
    assert with_losses([]).diagnose().final_loss is None
