"""Superchains: groups of chains that share a start, in the order of the chains."""

from __future__ import annotations

from collections.abc import Collection


def superchains_of(num_superchains: int, num_chains: int, left_out: Collection[int]) -> list[int]:
    """The superchain of each chain that is not left out.

    ``num_chains`` counts those that are left out too, and is a multiple of ``num_superchains``.
    """
    size = num_chains // num_superchains
    return [chain // size for chain in range(num_chains) if chain not in left_out]
