"""Which models should the table begin with? Changes of ARD-ADD, and stacks, on training rows.

    bayesdrop run benchmarks/choices/suite.py --out docs/under-way/choices --jobs 2

The data sets are the training rows of split 0 of five UCI sets, with splits of their own. So no
test row of split 0 is looked at. Nearly all of these rows are test rows of other splits, as they
are of every choice that is made once for all splits. So a result that names this choice says so.
Run it from the root of a checkout.
"""

import bayesdrop as bd

HERE = "benchmarks/choices"
SHORT = f"{HERE}/mclmc_short.py"
SUITE = bd.Suite(
    rows={
        "ARD-ADD": ("ard_add", SHORT),
        "three layers": (f"{HERE}/ard_add_three_layers.py", SHORT),
        "100 units": (f"{HERE}/ard_add_wide.py", SHORT),
        "silu": (f"{HERE}/ard_add_silu.py", SHORT),
        "learned shape and rate": (f"{HERE}/ard_add_learned_shape.py", SHORT),
        "horseshoe": ("horseshoe_resnet", SHORT),
        "heteroscedastic": (f"{HERE}/ard_add_heteroscedastic.py", SHORT),
        "no scales": ("gaussian_resnet", SHORT),
        "stack of networks": ("ard_add", f"{HERE}/stack_of_networks.py"),
        "stack with GP and trees": ("ard_add", f"{HERE}/stack_with_trees.py"),
    },
    datasets=[
        f"{HERE}/data/{name}_inner.py" for name in ("yacht", "boston", "energy", "concrete", "wine")
    ],
    splits=4,
    description="Changes of ARD-ADD, one at a time, and stacks, on training rows of split 0.",
)
