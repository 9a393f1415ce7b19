"""Which form mixes best? Effective draws of f(x) per gradient by form, sampler and data set.

    python benchmarks/speed/forms.py --datasets yacht boston energy diabetes --split 0

One line per fit: the sampler, the form, gradients (training, warm-up and draws), seconds, the
largest R-hat and smallest effective sample size of f(x) at the training inputs, that size per
1000 gradients, the same of log σ, the share of divergent draws, and the median σ in the target's
unit of the first and of the last quarter of the draws: on its way to the posterior σ falls. Only
training rows are used.
Numbers of short runs mislead: compare what has an R-hat below 1.05. ``--small`` runs in seconds,
to see that it works.
"""

from __future__ import annotations

import argparse
import dataclasses
import time

import numpy as np

import bayesdrop as bd
from bayesdrop import catalog
from bayesdrop.posterior.diagnosis.chain_statistics import ess_of_draws, rhat_of_draws
from bayesdrop.sites import FORMS

METHODS: dict[str, bd.Inference] = {
    "NUTS": bd.NUTS(num_warmup=300, num_samples=300, init_strategy="trained", max_tree_depth=8),
    "MCLMC": bd.MCLMC(num_samples=1000, num_chains=4),
}
SMALL: dict[str, bd.Inference] = {
    "NUTS": bd.NUTS(num_warmup=20, num_samples=20, num_chains=2, max_tree_depth=3),
    "MCLMC": bd.MCLMC(
        num_warmup=100, num_samples=20, num_chains=2, steps_per_draw=2, training_steps=20
    ),
}
HEADER = (
    f"{'data':10}{'sampler':8}{'form':16}{'gradients':>12}{'seconds':>9}{'R-hat f':>9}{'ESS f':>8}"
    f"{'/1000 g':>9}{'R-hat σ':>9}{'ESS σ':>8}{'/1000 g':>9}{'diverging':>11}"
    f"{'σ first':>9}{'σ last':>9}"
)


def row(dataset: str, name: str, method: bd.Inference, post: bd.Posterior, seconds: float) -> str:
    """The line of the table of one fit under :data:`HEADER`."""
    draws = post.draws
    assert draws is not None
    X = post.training.X_standardised
    values = {site: value.astype(np.float64) for site, value in draws.items()}
    f = post.bound.output(values, X.astype(np.float64))[..., 0]
    log_scale = np.log(values["noise_scale"])
    thousands = post.fit.info["gradients"] / 1000
    text = f"{dataset:10}{name:8}{method.form:16}{1000 * thousands:12,.0f}{seconds:9.0f}"
    for value in (f, log_scale):
        ess = float(ess_of_draws(value).min())
        text += f"{float(rhat_of_draws(value).max()):9.3f}{ess:8.0f}{ess / thousands:9.3f}"
    diverging = (post.sample_stats or {}).get("diverging", np.zeros(1))
    return text + f"{100 * np.mean(diverging):10.2f} %" + scales(post)


def scales(post: bd.Posterior) -> str:
    """The median σ of the first and of the last quarter of the draws, in the target's unit."""
    assert post.draws is not None
    noise = post.draws["noise_scale"][..., 0] * post.training.scaling.y_scale[0]
    quarter = noise.shape[1] // 4
    first, last = np.median(noise[:, :quarter]), np.median(noise[:, -quarter:])
    return f"{first:9.4g}{last:9.4g}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", nargs="+", default=["diabetes"], help="default: diabetes")
    parser.add_argument("--model", default="ard_add", help="of the catalog; default: ard_add")
    parser.add_argument("--forms", nargs="+", default=list(FORMS), help="default: all")
    parser.add_argument("--samplers", nargs="+", default=list(METHODS), help="default: all")
    parser.add_argument("--split", type=int, default=0, help="default: 0")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--small", action="store_true")
    arguments = parser.parse_args()
    model = catalog.load("models", arguments.model).value
    methods = SMALL if arguments.small else METHODS
    print(HEADER)
    for dataset in arguments.datasets:
        split = bd.load_dataset(dataset).split(arguments.split)
        for name in arguments.samplers:
            for form in arguments.forms:
                method = dataclasses.replace(methods[name], form=form)  # type: ignore[type-var]
                start = time.perf_counter()
                post = bd.fit(
                    model, split.X_train, split.y_train, method, arguments.seed, progress=False
                )
                seconds = time.perf_counter() - start
                print(row(dataset, name, method, post, seconds), flush=True)


if __name__ == "__main__":
    main()
