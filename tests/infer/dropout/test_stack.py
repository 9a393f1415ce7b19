"""Stacked MC-dropout networks: each member is what it is alone, and its loss is the module's."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import linear
import numpy as np
import pytest
import torch
from quick import quick

import bayesdrop as bd
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import Job
from bayesdrop.infer.dropout import train
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.progress import Progress

QUICK = bd.MCDropout(num_epochs=6, batch_size=25, num_passes=3, learning_rate=0.01)
ROWS = 60


def rows(seed: int = 0, outputs: int = 1) -> TrainingData:
    X, y = linear.data(rows=ROWS, outputs=outputs, seed=seed)
    return TrainingData.of(X, y, True)


FREE = bd.Learned(1.0)
LEARNED = bd.noise.Bernoulli(bd.Learned(0.8))
NAKAGAMI = bd.noise.InverseNakagami(bd.Learned(3.0), bd.noise.HalfNormal(2.0))
TAIL = dataclasses.replace(QUICK, masks=4, weighting="tail-adaptive", mask_sharing="shared")


def free(unit: bd.noise.Noise, weight: bd.noise.Noise | None = None) -> bd.Model:
    return bd.Model(bd.MLP((7,)), bd.ScaleMixture(unit=unit, weight=weight))


def model(keep: float = 0.8, **prior: Any) -> bd.Model:
    return bd.Model(bd.MLP((7,)), bd.ScaleMixture(unit=bd.noise.Bernoulli(keep), **prior))


def run(jobs: list[Job]) -> list[Fit]:
    return bd.MCDropout.run_many(jobs, Progress())


def assert_same(one: Fit, other: Fit) -> None:
    assert one.result.values.keys() == other.result.values.keys()
    for name, value in one.result.values.items():
        np.testing.assert_allclose(value, other.result.values[name], rtol=1e-4, atol=2e-6)
    np.testing.assert_allclose(one.losses, other.losses, rtol=1e-4, atol=1e-5)


def noisy(**noise: Any) -> bd.Model:
    return bd.Model(bd.ResNet(6), bd.ScaleMixture(**noise))


MEMBERS = {
    "rates and scales": [
        Job.of(
            QUICK, model(0.9 - 0.1 * k, base_scale=0.2 + 0.1 * k, bias_scale=1.0 + k), rows(k), k
        )
        for k in range(5)
    ],
    "fixed precisions": [
        Job.of(dataclasses.replace(QUICK, precision=2.0 + k), model(), rows(k), 3) for k in range(5)
    ],
    "gal": [
        Job.of(
            dataclasses.replace(QUICK, weight_decay="gal", length_scale=2.0 + k), model(), rows(), k
        )
        for k in range(5)
    ],
    "numbers": [
        Job.of(dataclasses.replace(QUICK, weight_decay=0.01 * (1 + k)), model(), rows(), k)
        for k in range(5)
    ],
    "2018": [
        Job.of(
            dataclasses.replace(
                QUICK, weight_decay="gal_2018", precision=0.1 + k, length_scale=1.0
            ),
            *(model(0.5 + 0.1 * k), rows(k), k),
        )
        for k in range(5)
    ],
    "shared masks": [
        Job.of(dataclasses.replace(QUICK, mask_sharing="shared"), model(), rows(k), k)
        for k in range(5)
    ],
    "other noise": [
        Job.of(
            QUICK, noisy(unit=bd.noise.Rayleigh(1.0 + k), layer=bd.noise.Uniform(0, 1)), rows(), k
        )
        for k in range(3)
    ],
    "weights' noise": [
        Job.of(QUICK, noisy(weight=bd.noise.Gaussian(0.1 + k, mean=1.0)), rows(), k)
        for k in range(3)
    ],
    "masks": [Job.of(dataclasses.replace(QUICK, masks=3), model(), rows(k), k) for k in range(3)],
    "tail-adaptive, shared": [Job.of(TAIL, model(0.9 - 0.1 * k), rows(k), k) for k in range(3)],
    "concrete": [
        Job.of(dataclasses.replace(QUICK, weight_decay="gal"), free(LEARNED), rows(k), k)
        for k in range(3)
    ],
    "keep with a prior": [
        Job.of(QUICK, free(bd.noise.Bernoulli(bd.noise.Beta(2, 2))), rows(k), k) for k in range(3)
    ],
    "free noises": [
        Job.of(
            dataclasses.replace(QUICK, masks=2),
            free(NAKAGAMI, bd.noise.HalfNormal(FREE)),
            rows(k),
            k,
        )
        for k in range(3)
    ],
    "several outputs": [Job.of(QUICK, model(), rows(k, outputs=3), k) for k in range(3)],
}


@pytest.mark.parametrize("jobs", MEMBERS.values(), ids=MEMBERS)
def test_a_few_steps_in_company_agree_to_a_hundred_thousandth(jobs: list[Job]) -> None:
    """The draws are the same, and six steps do not let the rounding of the sums grow."""
    short = [
        job._replace(inference=dataclasses.replace(job.inference, num_epochs=2)) for job in jobs
    ]
    for job, fit in zip(short, run(short), strict=True):
        alone = job.inference.run(job.bound, job.data, job.seed, Progress())
        largest = max(abs(value).max() for value in alone.result.values.values())
        for name, value in alone.result.values.items():
            np.testing.assert_allclose(fit.result.values[name], value, rtol=0, atol=1e-5 * largest)


OF_EACH_WAY = (
    "rates and scales",
    "2018",
    "other noise",
    "tail-adaptive, shared",
    "keep with a prior",
)
"""Quick: a way of training each; all of them are compared above after fewer steps."""


@pytest.mark.parametrize("name", quick(MEMBERS, OF_EACH_WAY.__contains__))
def test_a_member_does_not_depend_on_the_others(name: str) -> None:
    jobs = MEMBERS[name]
    together = run(jobs)
    assert {fit.info["fitted_together"] for fit in together} == {len(jobs)}
    for job, fit in zip(jobs, together, strict=True):
        assert_same(fit, job.inference.run(job.bound, job.data, job.seed, Progress()))
    for job, fit in zip(reversed(jobs[1:]), run(jobs[:0:-1]), strict=True):
        assert_same(fit, together[jobs.index(job)])
    weights = [
        fit.result.values[next(n for n in fit.result.values if "weight" in n)] for fit in together
    ]
    assert len({weight.tobytes() for weight in weights}) == len(jobs)


def test_parts_of_other_sizes_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = MEMBERS["rates and scales"]
    whole = run(jobs)
    monkeypatch.setattr(train, "_TOGETHER", 2)
    for one, other in zip(whole, run(jobs), strict=True):
        assert_same(one, other)


def test_fits_of_other_shapes_keep_their_places() -> None:
    learned = bd.Model(bd.MLP((7,)), bd.ARD(bd.noise.Bernoulli(bd.Learned(0.8))))
    wide = bd.Model(bd.MLP((9,)), bd.ARD(bd.noise.Bernoulli(0.8)))
    jobs = [
        *(Job.of(QUICK, m, rows(), 0) for m in (model(), learned, wide, model(0.6))),
        Job.of(dataclasses.replace(QUICK, num_epochs=3), model(), rows(), 0),
    ]
    fits = run(jobs)
    assert [fit.info["fitted_together"] for fit in fits] == [2, 1, 1, 2, 1]
    assert fits[1].result.learned.keys() == {"unit_scale_0_keep", "unit_scale_1_keep"}
    assert [len(fit.losses) for fit in fits] == [6, 6, 6, 6, 3]
    for job, fit in zip(jobs, fits, strict=True):
        assert_same(fit, job.inference.run(job.bound, job.data, job.seed, Progress()))


PENALTIES: list[dict[str, Any]] = [
    {},
    {"weight_decay": "gal"},
    {"weight_decay": "gal", "length_scale": 3.0, "precision": 4.0},
    {"weight_decay": 0.02},
    {"weight_decay": 0.02, "precision": 4.0},
    {"weight_decay": 0.02, "precision": "weight_decay", "length_scale": 2.0},
]
OF_ONE_TARGET = {"weight_decay": "gal_2018", "precision": 4.0, "length_scale": 2.0}


def penalty(method: bd.MCDropout, data: TrainingData, values: Any, tau: Any) -> Any:
    """τ Σ r_l ‖W_l‖² for keep probabilities of 1, N and σ₀ = 0.4, biases of 0.7."""
    weights = sum(values[f"weight_{k}_base"].square().sum() for k in (0, 1))
    ell = method.length_scale or 1 / 0.4
    match method.weight_decay:
        case "map":
            normal = torch.distributions.Normal
            each = [(f"weight_{k}_base", 0.4) for k in (0, 1)] + [
                (f"bias_{k}", 0.7) for k in (0, 1)
            ]
            return -sum(normal(0, s).log_prob(values[name]).sum() for name, s in each) / ROWS
        case "gal":
            return ell**2 / (2 * ROWS) * weights
        case "gal_2018":
            return (ell * data.scaling.y_scale.item()) ** 2 / (4 * ROWS) * weights
        case number:
            return tau * float(number) * weights


@pytest.mark.parametrize(
    ("settings", "outputs"),
    [*itertools.product(PENALTIES, (1, 2)), (OF_ONE_TARGET, 1)],
    ids=str,
)
@pytest.mark.parametrize("masks", [1, 2])
def test_the_loss_is_that_of_the_module(settings: dict[str, Any], outputs: int, masks: int) -> None:
    """Without noise and from one seed, the first loss is that of the torch module, by hand."""
    method = bd.MCDropout(num_epochs=1, batch_size=None, masks=masks, **settings)
    data, quiet = rows(outputs=outputs), model(1.0, base_scale=0.4, bias_scale=0.7)
    losses = run([Job.of(method, quiet, data, 5)])[0].losses
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(5)
        module = bd.torch_module(quiet, data.X_standardised.shape[1], outputs)
        values = module.values()
        if method.precision != "learned":
            values["noise_scale"] = torch.as_tensor(method.tau(quiet, data) ** -0.5).float()
        X, y = torch.as_tensor(data.X_standardised), torch.as_tensor(data.y_standardised)
        fit = torch.distributions.Normal(module(X), values["noise_scale"]).log_prob(y)
        prior = torch.distributions.HalfNormal(1.0).log_prob(values["noise_scale"]).sum()
        tau = values["noise_scale"].pow(-2).mean()
        expected = penalty(method, data, values, tau) - prior / ROWS - fit.sum(1).mean()
    np.testing.assert_allclose(losses, [expected.item()], rtol=1e-5)


@pytest.mark.parametrize("masks", [1, 2])
def test_the_2018_penalty_is_of_one_target(masks: int) -> None:
    method = bd.MCDropout(num_epochs=1, masks=masks, **OF_ONE_TARGET)
    with pytest.raises(bd.UnsupportedModelError, match="got 2 targets"):
        run([Job.of(method, model(), rows(outputs=2), 0)])


def test_every_member_reaches_its_own_optimum() -> None:
    """Ridge regression of each member's rows, with its own strength."""
    linear_model = bd.Model(bd.MLP(()), bd.ARD(bd.noise.Bernoulli(1.0)))
    method = bd.MCDropout(800, batch_size=None, learning_rate=0.02, precision=4.0)
    jobs = [
        Job.of(dataclasses.replace(method, weight_decay=0.1 * 3**k), linear_model, rows(k), k)
        for k in range(4)
    ]
    for k, (job, fit) in enumerate(zip(jobs, run(jobs), strict=True)):
        X, y = job.data.X_standardised.astype(float), job.data.y_standardised.astype(float)
        gram = X.T @ X + 2 * ROWS * 0.1 * 3**k * np.eye(X.shape[1])
        exact = np.linalg.solve(gram, X.T @ y)
        np.testing.assert_allclose(fit.result.values["weight_0_base"], exact, atol=1e-3)


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """What the loss was called with: (members, rows, outputs) of the target."""
    seen, loss = [], train.loss_of

    def spy(stack: Any, values: Any, X: torch.Tensor, y: torch.Tensor, noise: Any) -> torch.Tensor:
        seen.append(y.numpy().copy())
        return loss(stack, values, X, y, noise)

    monkeypatch.setattr(train, "loss_of", spy)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    return seen


def test_an_epoch_takes_every_row_once_in_an_order_of_the_member_s_own(
    batches: list[np.ndarray],
) -> None:
    run([Job.of(dataclasses.replace(QUICK, num_epochs=2), model(), rows(), k) for k in range(2)])
    assert [batch.shape[1] for batch in batches] == [25, 25, 10] * 2
    epochs = [np.concatenate(batches[start : start + 3], axis=1) for start in (0, 3)]
    every_row = np.sort(rows().y_standardised[:, 0])
    for epoch in epochs:
        for member in epoch:
            np.testing.assert_array_equal(np.sort(member[:, 0]), every_row)
        assert np.any(epoch[0] != epoch[1])
    assert np.any(epochs[0] != epochs[1])


@pytest.mark.parametrize("failing", [0, 2], ids=["the first", "the last"])
def test_an_error_in_one_part_ends_the_others(
    monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    epochs, steps = 3000, []
    method = dataclasses.replace(QUICK, num_epochs=epochs)
    loss = train.loss_of

    def fails(stack: Any, *arguments: Any) -> torch.Tensor:
        if stack.members[0].seed == failing:
            raise RuntimeError("as ordered")
        steps.append(stack)
        return loss(stack, *arguments)

    monkeypatch.setattr(train, "loss_of", fails)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    with pytest.raises(RuntimeError, match="as ordered"):
        run([Job.of(method, model(), rows(), k) for k in range(4)])
    assert len(steps) < epochs


# Precision in the target's units


def test_precision_in_the_target_s_units() -> None:
    X, Y = linear.data(outputs=2)
    Y = Y * [1.0, 30.0]
    method = dataclasses.replace(QUICK, precision=0.04, precision_units="target")
    for keep in (0.8, bd.Learned(0.8)):
        fixed = bd.Model(bd.MLP((4,)), bd.ARD(bd.noise.Bernoulli(keep)))
        posterior = bd.fit(fixed, X, Y, method, progress=False)
        np.testing.assert_allclose(posterior.predict(X).aleatoric_std, 5.0, rtol=1e-5)
    same = dataclasses.replace(QUICK, precision=0.04 * Y[:, 0].var())
    one, other = (bd.fit(model(), X, Y[:, 0], m, progress=False) for m in (method, same))
    assert_same(one.fit, other.fit)


@pytest.mark.parametrize("precision", ["learned", "weight_decay"])
def test_units_are_those_of_a_number(precision: Any) -> None:
    with pytest.raises(ValueError, match="the units are those of a number"):
        bd.MCDropout(
            precision=precision, precision_units="target", weight_decay=0.1, length_scale=1.0
        )
