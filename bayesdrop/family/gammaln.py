"""log Γ, which the Array API lacks."""

from __future__ import annotations

from typing import Any

from array_api_compat import is_jax_array, is_torch_array


def gammaln(x: Any) -> Any:
    """log Γ(x) of a NumPy, JAX or PyTorch array."""
    if is_torch_array(x):
        import torch

        return torch.lgamma(x)
    if is_jax_array(x):
        from jax.scipy.special import gammaln as of_jax

        return of_jax(x)
    from scipy.special import gammaln as of_scipy

    return of_scipy(x)
