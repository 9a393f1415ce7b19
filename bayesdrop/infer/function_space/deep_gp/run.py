"""Running a deep Gaussian process in GPyTorch: its layers, their training, draws of functions."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from gpytorch.constraints import GreaterThan
from gpytorch.distributions import MultivariateNormal
from gpytorch.kernels import RBFKernel, ScaleKernel
from gpytorch.likelihoods import MultitaskGaussianLikelihood
from gpytorch.mlls import DeepApproximateMLL, VariationalELBO
from gpytorch.models import ApproximateGP
from gpytorch.models.deep_gps import DeepGP as GPyTorchDeepGP
from gpytorch.models.deep_gps import DeepGPLayer
from gpytorch.settings import max_cholesky_size, num_likelihood_samples
from gpytorch.variational import CholeskyVariationalDistribution, VariationalStrategy
from linear_operator.utils.errors import NanError, NotPSDError
from linear_operator.utils.warnings import NumericalWarning
from numpy.typing import NDArray

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.family import Parameters
from bayesdrop.infer.engine.torch_random import seeded
from bayesdrop.infer.engine.torch_settings import own_settings
from bayesdrop.infer.function_space.gaussian_draws import LARGEST_BLOCK, blocks
from bayesdrop.model import Model
from bayesdrop.noise import Noise
from bayesdrop.posterior.results.fit import Fit
from bayesdrop.posterior.results.function_draws import FunctionDraws
from bayesdrop.progress import Progress, task
from bayesdrop.quiet import ignored

if TYPE_CHECKING:
    from bayesdrop.infer.function_space.deep_gp.settings import DeepGP, DeepGPDraws

_REPORTS = 20  # progress reports over a run
_HIDDEN_SCALE = 1e-2  # first standard deviation of a hidden layer's whitened inducing values
_FIRST_NOISE, _LEAST_NOISE = 1e-2, 1e-6  # variances, if it is learned
_BYTES = 2**28  # of covariances at a time, in prediction


def run(
    settings: DeepGP, bound: BoundModel, data: TrainingData, seed: int, progress: Progress
) -> Fit:
    """Run :meth:`bayesdrop.DeepGP.run`."""
    clock = time.perf_counter()
    predictor = settings.predictor
    with own_settings(), seeded(seed), _quiet():
        network = _Network(predictor, bound, data.X_standardised)
        losses = _train(settings, network, data, progress)
    state = {name: value.detach().numpy() for name, value in network.state_dict().items()}
    state["X"] = data.X_standardised
    return Fit(
        FunctionDraws(predictor, state),
        losses=losses,
        seconds={"compile": 0.0, "run": time.perf_counter() - clock},
        info={"device": "cpu"},
    )


def parameters(
    predictor: DeepGPDraws,
    state: Mapping[str, NDArray],
    bound: BoundModel,
    X: NDArray[np.float32],
    rng: np.random.Generator,
) -> Parameters:
    """The likelihood's parameters at standardised ``X``, from draws of the functions."""
    tensors = {name: torch.as_tensor(value) for name, value in state.items() if name != "X"}
    with own_settings(), seeded(int(rng.integers(2**63))), torch.no_grad(), _quiet():
        network = _Network(predictor, bound, state["X"])
        network.load_state_dict(tensors)
        network.eval()
        rows = torch.as_tensor(X, dtype=torch.float64)
        found = [network.draws(rows[block], predictor.num_samples) for block in blocks(len(X))]
        loc = torch.cat(found, dim=1).numpy()
        noises: Any = network.likelihood.task_noises
        scale = noises.sqrt().numpy()
    return {"loc": loc, "scale": np.broadcast_to(scale, loc.shape)}


class _Layer(DeepGPLayer):
    """Independent processes with the linear mean ``x @ weights``."""

    def __init__(self, points: torch.Tensor, weights: torch.Tensor, first_scale: float) -> None:
        (count, n_inputs), n_outputs = points.shape, weights.shape[1]
        batch = torch.Size([n_outputs])
        inducing = points.expand(n_outputs, count, n_inputs).clone()
        q = CholeskyVariationalDistribution(count, batch_shape=batch, mean_init_std=0.0)
        super().__init__(VariationalStrategy(self, inducing, q), n_inputs, n_outputs)
        with torch.no_grad():
            q.chol_variational_covar.mul_(first_scale)  # type: ignore[operator]
        self.variational_strategy.variational_params_initialized.fill_(1)  # else set to the prior
        self.weights: torch.Tensor
        self.register_buffer("weights", weights)
        kernel = RBFKernel(ard_num_dims=n_inputs, batch_shape=batch)
        self.covariance = ScaleKernel(kernel, batch_shape=batch)

    def forward(self, x: torch.Tensor) -> MultivariateNormal:  # type: ignore[override]
        mean = (x * self.weights.T[:, None]).sum(-1)
        return MultivariateNormal(mean, self.covariance(x))  # type: ignore[arg-type]


class _Network(GPyTorchDeepGP):
    """The layers in float64; before training nearly a sparse Gaussian process of the inputs."""

    def __init__(self, sizes: DeepGPDraws, bound: BoundModel, X: NDArray[np.float32]) -> None:
        super().__init__()
        inputs = torch.as_tensor(X, dtype=torch.float64)
        points = inputs[torch.randperm(len(X))[: sizes.num_inducing]]
        layers = []
        for _ in range(sizes.num_layers - 1):
            weights = _principal(inputs, sizes.num_units)
            layers.append(_Layer(points, weights, _HIDDEN_SCALE))
            inputs, points = inputs @ weights, points @ weights
        layers.append(_Layer(points, torch.zeros(inputs.shape[1], bound.n_outputs), 1.0))
        self.layers = torch.nn.ModuleList(layers)
        self.likelihood = _likelihood(bound.model, bound.n_outputs)
        self.double()

    def forward(self, x: torch.Tensor) -> Any:  # type: ignore[override]
        for layer in self.layers:
            x = layer(x)
        return x

    def draws(self, x: torch.Tensor, count: int) -> torch.Tensor:
        """Draws of f at the rows ``x``, joint over them: (count, rows, outputs)."""
        widest = max(layer.output_dims for layer in self.layers)  # type: ignore[misc]
        size = max(1, _BYTES // (8 * widest * len(x) ** 2))
        found = []
        for start in range(0, count, size):
            h = x.expand(min(size, count - start), *x.shape)
            for layer in self.layers:
                shape = (len(h), layer.output_dims, *h.shape[1:])
                f = ApproximateGP.__call__(layer, h[:, None].expand(shape))  # type: ignore[arg-type]
                h = f.rsample().mT
            found.append(h)
        return torch.cat(found)


def _likelihood(model: Model, n_outputs: int) -> MultitaskGaussianLikelihood:
    prior = model.likelihood.scale  # type: ignore[attr-defined]
    learned = isinstance(prior, Noise)
    variance = _FIRST_NOISE if learned else prior**2
    constraint = GreaterThan(_LEAST_NOISE if learned else 0.5 * variance)
    likelihood = MultitaskGaussianLikelihood(
        n_outputs, has_global_noise=False, noise_constraint=constraint
    )
    likelihood.task_noises = torch.full((n_outputs,), variance)
    likelihood.raw_task_noises.requires_grad_(learned)
    return likelihood


def _principal(inputs: torch.Tensor, units: int) -> torch.Tensor:
    """(inputs, units): the identity, or the first principal components if units are fewer."""
    n_inputs = inputs.shape[1]
    if units >= n_inputs:
        return torch.eye(n_inputs, dtype=inputs.dtype)
    return torch.linalg.svd(inputs, full_matrices=False).Vh[:units].T.contiguous()


def _train(
    settings: DeepGP, network: _Network, data: TrainingData, progress: Progress
) -> NDArray[np.float64]:
    """Maximise the evidence lower bound; the loss is minus it, of all rows."""
    X, y = (
        torch.as_tensor(array, dtype=torch.float64)
        for array in (data.X_standardised, data.y_standardised)
    )
    size = min(settings.batch_size or data.rows, data.rows)
    bound = DeepApproximateMLL(VariationalELBO(network.likelihood, network, data.rows))
    learned = [parameter for parameter in network.parameters() if parameter.requires_grad]
    adam = torch.optim.Adam(learned, lr=settings.learning_rate)
    losses, order = np.empty(settings.num_steps), torch.randperm(data.rows)
    chunk, start = -(-settings.num_steps // _REPORTS), 0
    network.train()
    with task(progress, "deep GP", settings.num_steps), num_likelihood_samples(1):
        for step in range(settings.num_steps):
            if start + size > data.rows:
                order, start = torch.randperm(data.rows), 0
            rows, start = order[start : start + size], start + size
            adam.zero_grad()
            loss: Any = bound(network(X[rows]), y[rows])
            (-loss).backward()
            adam.step()
            losses[step] = -data.rows * loss.item()
            if (step + 1) % chunk == 0 or step + 1 == settings.num_steps:
                progress.advance(step % chunk + 1, f"loss {losses[step]:.1f}")
    return losses


@contextmanager
def _quiet() -> Iterator[None]:
    """Cholesky factors of any size, and no warning of the 1e-8 that is added to a diagonal.

    Raises
    ------
    FloatingPointError
        There is no factor.
    """
    with ignored(NumericalWarning), max_cholesky_size(10 * LARGEST_BLOCK):
        try:
            yield
        except (NanError, NotPSDError) as error:
            raise FloatingPointError(
                "DeepGP met a covariance that has no Cholesky factor, so it diverged: give a "
                "smaller learning_rate or fewer inducing points, or a noise scale that is not tiny"
            ) from error
