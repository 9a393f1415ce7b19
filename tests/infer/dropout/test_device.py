"""A device that PyTorch can't use is refused in one line that says what to do."""

from __future__ import annotations

import linear
import pytest
import torch

import bayesdrop as bd
from bayesdrop.infer.dropout.device import device_of

MODEL = bd.Model(bd.MLP((3,)), bd.ARD(bd.noise.Bernoulli(0.8)))


@pytest.mark.parametrize("name", ["cuda", "cuda:1"])
def test_cuda_without_cuda(name: str) -> None:
    if torch.cuda.device_count() > 1:
        pytest.skip("this machine has both")
    method = bd.MCDropout(num_epochs=1, device="cuda:1" if torch.cuda.is_available() else name)
    with pytest.raises(ValueError, match=f"device='{method.device}' can't be used by PyT") as info:
        bd.fit(MODEL, *linear.data(), method, progress=False)
    assert str(info.value).endswith("leave it out, or install a PyTorch build for that device")
    assert "\n" not in str(info.value)
    assert len(str(info.value)) < 300


def test_a_device_that_there_is_not() -> None:
    with pytest.raises(ValueError, match=r"device='gpu' can't be used by PyT.* one of cpu"):
        device_of("gpu")


def test_devices_that_work() -> None:
    assert device_of("cpu") == torch.device("cpu")
    assert device_of(None) == torch.get_default_device()
