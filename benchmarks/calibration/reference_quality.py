"""How good is each reference posterior, and how near can a method come to it?

    python benchmarks/calibration/reference_quality.py

The first table has what the checks found of each shipped reference: the seconds of its samplers,
the largest R-hat, the smallest effective sample sizes, and how many Monte Carlo standard errors the
samplers are apart at most.

The second has the distance that 1,000 other draws of the same posterior would have. It is a
bootstrap: two sets of draws are drawn from the reference's, with replacement, and one is measured
against the other. A line has the smallest and the largest mean over the references.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

import bayesdrop as bd
from bayesdrop.references.library import available

MEASURES = ("wasserstein", "total_variation", "f_mean_bias", "f_sd_error", "delta_nll")


def resampled(reference: bd.Reference, rng: np.random.Generator) -> bd.Reference:
    """The reference with as many of its own draws, drawn with replacement."""
    count = len(next(iter(reference.parameters.values())))
    chosen = rng.integers(count, size=count)
    return replace(
        reference, parameters={name: of[chosen] for name, of in reference.parameters.items()}
    )


def floor(reference: bd.Reference, repeats: int, seed: int = 0) -> dict[str, float]:
    """Measure → the mean size of its distance between two sets of draws of ``reference``."""
    rng = np.random.default_rng(seed)
    pairs = [(resampled(reference, rng), resampled(reference, rng)) for _ in range(repeats)]
    found = [bd.distance(one.predictive, other).summary() for one, other in pairs]
    return {name: float(np.mean([abs(one[name] or 0.0) for one in found])) for name in MEASURES}


def checks_table(references: list[bd.Reference]) -> str:
    """What the checks found, in Markdown."""
    lines = [
        "| reference | seconds | R-hat | bulk ESS | tail ESS | MCSEs apart |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for one in references:
        seconds = " + ".join(f"{run.seconds:.0f}" for run in one.runs)
        mixed = [run.mixed for run in one.runs]
        lines.append(
            f"| `{one.name}` | {seconds} | {max(m.max_rhat for m in mixed):.3f} "
            f"| {min(m.min_bulk_ess for m in mixed):,.0f} "
            f"| {min(m.min_tail_ess for m in mixed):,.0f} "
            f"| {max(one.disagreement.values()):.1f} |"
        )
    return "\n".join(lines)


def floor_table(references: list[bd.Reference], repeats: int) -> str:
    """The range of each measure's floor, in Markdown."""
    floors = [floor(one, repeats) for one in references]
    lines = ["| measure in `summary()` | distance of 1,000 other draws |", "|---|---|"]
    for name in MEASURES:
        sizes = [found[name] for found in floors]
        lines.append(f"| `{name}` | {min(sizes):.3f} to {max(sizes):.3f} |")
    return "\n".join(lines)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20, help="bootstrap pairs; default: 20")
    parser.add_argument("--checks", action="store_true", help="print the first table alone")
    given = parser.parse_args()
    references = [bd.reference(name) for name in available()]
    print(checks_table(references))
    if not given.checks:
        print(floor_table(references, given.repeats))


if __name__ == "__main__":
    main()
