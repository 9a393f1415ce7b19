"""Three networks as one mixture: ARD-ADD, its wide sister, and one whose noise depends on inputs.

Each is fitted by the short chains that the other choices are compared by. The weights are those
that predict best at a fifth of the rows, which the networks were not fitted to.
"""

import bayesdrop as bd

noise = bd.noise.InverseNakagami(shape=3.0, rate=3.0)
prior = bd.ARDADD(noise, noise)
chains = bd.MCLMC(num_warmup=4000, num_samples=100, num_chains=4, steps_per_draw=40)
INFERENCE = bd.Stacking(
    {
        "ARD-ADD": chains,
        "100 units": (bd.Model(bd.ResNet(hidden=100), prior), chains),
        "heteroscedastic": (
            bd.Model(bd.ResNet(), prior, bd.HeteroscedasticGaussian()),
            chains,
        ),
    }
)
