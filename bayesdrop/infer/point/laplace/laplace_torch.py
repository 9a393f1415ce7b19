"""The Laplace approximation of laplace-torch (Daxberger et al. 2021), on the PyTorch module."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, TensorDataset

from bayesdrop.bound import BoundModel
from bayesdrop.data.training import TrainingData
from bayesdrop.infer.base import UnsupportedModelError
from bayesdrop.infer.engine.torch_random import seeded
from bayesdrop.infer.engine.torch_settings import own_settings
from bayesdrop.likelihood import Categorical, Gaussian
from bayesdrop.model import Model
from bayesdrop.noise import Noise
from bayesdrop.programs.numpyro_density import Values
from bayesdrop.programs.numpyro_noise import onto
from bayesdrop.programs.torch import NoisyNetwork

if TYPE_CHECKING:
    from bayesdrop.infer.point.laplace.settings import Laplace

_ROWS_AT_ONCE = 256


def check_import() -> None:
    """Raise an ``ImportError`` that says what to install unless laplace-torch can be imported."""
    try:
        importlib.import_module("laplace")
    except Exception as error:  # a torchvision of another build raises a RuntimeError
        raise ImportError(
            'Laplace(backend="laplace-torch") needs laplace-torch, which can\'t be imported here '
            f"({type(error).__name__}: {error}). Install it by pip install bayesdrop[laplace], "
            'with a torchvision of PyTorch\'s own build or none; or use backend="numpyro"'
        ) from error


def draws(
    settings: Laplace,
    bound: BoundModel,
    data: TrainingData,
    seed: int,
    mode: Values,
    free: tuple[str, ...],
) -> dict[str, NDArray]:
    """Draws of the free sites, (draw, *shape), from the library's full Gauss-Newton Gaussian."""
    model = bound.model
    laplace: Any = importlib.import_module("laplace")
    classes = isinstance(model.likelihood, Categorical)
    likelihood = "classification" if classes else "regression"
    noise_scale = 1.0 if classes else _noise_scale(model, mode)
    X, y = torch.as_tensor(data.X_standardised), torch.as_tensor(data.y_standardised)
    rows = TensorDataset(X, y[:, 0].long() if classes else y)
    with own_settings(), seeded(seed):
        module = NoisyNetwork(bound).eval()
        for name, parameter in module.named_parameters():
            parameter.requires_grad_(name in free)
            if name in mode:
                parameter.data = torch.tensor(mode[name])
        found = laplace.Laplace(
            module,
            likelihood,
            subset_of_weights="all",  # of those that require a gradient
            hessian_structure="full",
            prior_precision=_prior_precision(module, free),
            sigma_noise=noise_scale,
        )
        found.fit(DataLoader(rows, batch_size=_ROWS_AT_ONCE))
        flat = found.sample(settings.num_samples).detach().numpy()
    order = [name for name, _ in module.named_parameters() if name in free]
    ends = np.cumsum([mode[name].size for name in order])
    parts = np.split(flat, ends[:-1], axis=1)
    return {n: part.reshape(-1, *mode[n].shape) for n, part in zip(order, parts, strict=True)}


def _prior_precision(module: NoisyNetwork, free: tuple[str, ...]) -> torch.Tensor:
    """1/scale² of every free weight and bias, in the module's order."""
    scales: dict[str, Any] = {site.name: site.prior for site in module.sites}
    return torch.cat(
        [
            torch.full((parameter.numel(),), scales[name].scale ** -2)
            for name, parameter in module.named_parameters()
            if name in free
        ]
    )


def _noise_scale(model: Model, mode: Values) -> float:
    """The one σ of the Gaussian likelihood; the library has no other."""
    assert isinstance(model.likelihood, Gaussian)
    prior = model.likelihood.scale
    if not isinstance(prior, Noise):
        return float(prior)
    scales = onto(prior)(mode["noise_scale"])
    if len(scales) > 1:
        raise UnsupportedModelError(
            "Laplace can't run this model: laplace-torch has one noise scale, and here every one "
            f'of the {len(scales)} outputs has its own. Use backend="numpyro"'
        )
    return float(scales[0])
