"""Does the noise scale still drift? Prints it and the NLL of held-out rows, by steps per chain.

    python benchmarks/speed/drift.py --datasets yacht energy --out docs/results

It fits four fifths of the training rows of a split, and never sees a test row. The draws are cut
into windows. The first two are equally long, and each later one is twice as long as the one before.
A line per window has the steps per chain at its end, the median of the noise scale (with the lowest
and the highest of the chains' medians), and the NLL of the window's draws on the last fifth of the
training rows. Where the noise scale of a posterior has been reached, a longer window has the same
one. Chains that ran away are left out, and a line names them. The windows become ``drift.png`` and
``drift.json`` in the folder of ``--out``.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from convergence import validation_part

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.files import replacing
from bayesdrop.show.style import OKABE_ITO, new_figure, save


class Window(NamedTuple):
    """The draws between two numbers of steps; noise scales are in the target's units."""

    steps: int
    noise_scale: float
    lowest: float
    highest: float
    nll: float


def windows(
    split: bd.Split, model: bd.Model, method: bd.MCLMC, count: int, seed: int
) -> list[Window]:
    """Fit once, and look at ``count`` windows of the draws, the last the second half of them."""
    post = bd.fit(model, split.X_train, split.y_train, method, seed=seed, progress=False)
    if left_out := post.fit.info.get("excluded_chains"):
        print(f"left out: chains {', '.join(str(each['chain']) for each in left_out)}")
    pred = post.predict(split.X_test)
    draws = pred.n_draws // pred.n_chains
    ends = [draws >> k for k in reversed(range(count))]
    return [
        window(pred, first, end, method.num_warmup + end * method.steps_per_draw, split.y_test)
        for first, end in zip([0, *ends[:-1]], ends, strict=True)
    ]


def window(pred: bd.Predictive, first: int, end: int, steps: int, y: np.ndarray) -> Window:
    """Return what the draws ``first`` to ``end`` of every chain say."""
    of_chains = {
        name: value.reshape(pred.n_chains, -1, *value.shape[1:])[:, first:end]
        for name, value in pred.parameters.items()
    }
    pooled = {name: value.reshape(-1, *value.shape[2:]) for name, value in of_chains.items()}
    score = bd.evaluate(dataclasses.replace(pred, parameters=pooled), y)
    medians = np.median(of_chains["scale"].reshape(pred.n_chains, -1), axis=1)
    whole = np.median(pooled["scale"])
    return Window(steps, float(whole), float(medians.min()), float(medians.max()), score["nll"])


def picture(found: dict[str, list[Window]], path: Path) -> None:
    """Draw both against steps per chain, a column per data set."""
    figure = new_figure(3.2 * len(found), 4.2)
    axes = figure.subplots(2, len(found), sharex="col", squeeze=False)
    for (above, below), (name, row) in zip(axes.T, found.items(), strict=True):
        steps = [each.steps for each in row]
        above.fill_between(
            steps, [w.lowest for w in row], [w.highest for w in row], color="0.85", lw=0
        )
        above.plot(steps, [w.noise_scale for w in row], "o-", color=OKABE_ITO[0], ms=4)
        below.plot(steps, [w.nll for w in row], "o-", color=OKABE_ITO[1], ms=4)
        above.set(title=name, xscale="log", ylim=(0, None), ylabel="noise scale, kept chains")
        below.set(xlabel="steps per chain", ylabel="NLL, held-out rows")
    save(figure, path)


def main() -> None:
    """Print a line per window, and write the picture and its numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--datasets", nargs="+", default=["yacht", "energy"], help="default: yacht energy"
    )
    parser.add_argument("--split", type=int, default=0, help="default: 0")
    parser.add_argument("--model", default="ard_add", help="default: ard_add")
    parser.add_argument("--set", nargs="*", default=[], help="for example num_samples=1600")
    parser.add_argument("--windows", type=int, default=6, help="default: 6")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    changes: dict[str, Any] = {"num_samples": 800, "steps_per_draw": 400}
    changes |= {name: json.loads(value) for name, value in (s.split("=") for s in arguments.set)}
    method = dataclasses.replace(catalog.load("inference", "mclmc").value, **changes)
    if method.num_samples >> (arguments.windows - 1) == 0:
        parser.error(f"{arguments.windows} windows need {2 ** (arguments.windows - 1)} draws")
    model, found = catalog.load("models", arguments.model).value, {}
    print(f"{'':8}{'steps':>9}{'noise scale':>13}{'lowest':>9}{'highest':>9}{'NLL':>8}")
    for name in arguments.datasets:
        split = validation_part(bd.load_dataset(name).split(arguments.split))
        found[name] = windows(split, model, method, arguments.windows, arguments.seed)
        for each in found[name]:
            print(
                f"{name:8}{each.steps:9,}{each.noise_scale:13.4f}{each.lowest:9.4f}"
                f"{each.highest:9.4f}{each.nll:8.3f}",
                flush=True,
            )
    if arguments.out is not None:
        picture(found, arguments.out / "drift.png")
        with replacing(arguments.out / "drift.json") as temporary:
            rows = {name: [each._asdict() for each in row] for name, row in found.items()}
            temporary.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
