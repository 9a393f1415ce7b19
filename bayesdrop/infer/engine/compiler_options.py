"""XLA's compiler options that our programs need to be right."""

from __future__ import annotations

import functools

import jax

_ONLY_CONVOLUTIONS: dict[str, str | bool] = {
    "xla_cpu_experimental_ynn_fusion_type": "LIBRARY_FUSION_TYPE_INDIVIDUAL_CONVOLUTION"
}


@functools.cache
def compiler_options() -> dict[str, str | bool]:
    """What to compile with on the default device.

    On CPUs, jaxlib 0.10 can hand matrix products to the YNNPACK library. With batches over
    several axes these read beyond the ends of their arrays: the results had NaN in them, or the
    process ended. The option leaves them to XLA itself, which is as fast on our networks. Older
    versions of jaxlib don't know it and have no such fault.
    """
    if jax.default_backend() != "cpu":
        return {}
    trial = jax.jit(lambda x: x).lower(0.0)
    try:
        trial.compile(compiler_options=_ONLY_CONVOLUTIONS)
    except jax.errors.JaxRuntimeError:
        return {}
    return _ONLY_CONVOLUTIONS
