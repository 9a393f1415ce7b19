"""The mean of the last quarter of the iterates, which is what a fit returns.

Polyak & Juditsky (1992); for variational inference Dhaka et al. (2020), "Robust, accurate
stochastic optimization for variational inference". An iterate strays about the optimum by the
noise of its gradients, and the mean of many does by far less. Iterates are averaged on the
unconstrained scale. Adam forgets squared gradients at a rate of .99 a step: at the usual .999 those
of a bad start, 1e5 times the later ones, keep its steps too small for thousands of steps.
"""

from __future__ import annotations

SQUARES_DECAY = 0.99


def averaged_steps(num_steps: int) -> int:
    """How many of so many steps, the last ones, are averaged."""
    return max(1, num_steps // 4)
