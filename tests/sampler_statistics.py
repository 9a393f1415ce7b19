"""What each sampler reports of its draws, by ArviZ's names.

``tests/golden`` fits every sampler and compares. The verdict under attack, in
``tests/posterior/diagnosis``, makes draws with these statistics, and spoils them.
"""

from __future__ import annotations

_OF_HMC = {"acceptance_rate", "diverging", "energy", "lp", "n_steps"}
_OF_TREES = {"reached_max_treedepth", "step_size", "tree_depth"}

STATISTICS: dict[str, set[str]] = {
    "NUTS": _OF_HMC | _OF_TREES,
    "HMC": _OF_HMC | {"step_size"},
    "GibbsHMC": _OF_HMC | _OF_TREES,
    "MCLMC": {"acceptance_rate", "diverging", "lp", "n_steps", "step_size"},
    "ChEES": _OF_HMC,
    "SGHMC": {"temperature"},
    "SMC": {"acceptance_rate", "lp"},
}
"""Class of a sampler → the statistics of all its fits."""

FLAGS = {"diverging", "reached_max_treedepth"}
"""Those that are true or false."""
