"""The device that trains, refused in one line where PyTorch can't use it."""

from __future__ import annotations

import textwrap

import torch


def device_of(name: str | None) -> torch.device:
    """The PyTorch device of that name; ``None`` is PyTorch's own default.

    Raises
    ------
    ValueError
        There is no such device, or PyTorch can't use it here.
    """
    if name is None:
        name = str(torch.get_default_device())
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
        torch.Generator(device)
    except (AssertionError, ImportError, NotImplementedError, RuntimeError) as error:
        sentence = str(error).strip().partition("\n")[0].partition(". ")[0]
        reason = textwrap.shorten(sentence, 120, placeholder=" …")
        raise ValueError(
            f"device={name!r} can't be used by PyTorch {torch.__version__} here ({reason}): give "
            'device="cpu" or leave it out, or install a PyTorch build for that device'
        ) from error
    return device
