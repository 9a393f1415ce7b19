"""The generator of PyTorch, which a process has one of."""

from __future__ import annotations

import torch

from bayesdrop.infer.engine.torch_random import seeded


def test_the_generator_is_left_as_it_was() -> None:
    before = torch.random.get_rng_state()
    with seeded(3):
        first = torch.rand(2)
    assert torch.equal(torch.random.get_rng_state(), before)
    with seeded(3):
        assert torch.equal(torch.rand(2), first)
