"""Two networks, a Gaussian process and boosted trees as one mixture.

The networks are those of ``stack_of_networks`` that differ most: ARD-ADD, and one whose noise
depends on inputs. They are fitted by the short chains that the other choices are compared by.
"""

import bayesdrop as bd

noise = bd.noise.InverseNakagami(shape=3.0, rate=3.0)
prior = bd.ARDADD(noise, noise)
no_noise = bd.Model(bd.MLP(hidden=(50,)))  # a GP and trees have no network
chains = bd.MCLMC(num_warmup=4000, num_samples=100, num_chains=4, steps_per_draw=40)
INFERENCE = bd.Stacking(
    {
        "ARD-ADD": chains,
        "heteroscedastic": (
            bd.Model(bd.ResNet(), prior, bd.HeteroscedasticGaussian()),
            chains,
        ),
        "GP": (no_noise, bd.GP()),
        "CatBoost": (no_noise, bd.CatBoost()),
    }
)
