"""Independent runs each estimate the evidence: this says whether they agree."""

from __future__ import annotations

from collections.abc import Sequence

AGREE = 1.0
"""Runs whose log evidence differs by no more than this, in nats, agree."""

MORE = "give more num_particles, or more num_mcmc_steps"
"""What helps runs of particles that do not agree."""


def apart(runs: Sequence[float]) -> float:
    """How far the largest log evidence of the runs is from the smallest, in nats."""
    return max(runs) - min(runs)


def doubt(runs: Sequence[float]) -> str:
    """In words, that the evidence is not known; empty if there are no two runs that differ."""
    if len(runs) < 2 or apart(runs) <= AGREE:
        return ""
    by = f"{apart(runs):.1f} nats"
    return f"the log evidence of the runs differs by {by}, so it is not known: {MORE}"
