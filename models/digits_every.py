"""A small convolutional network of the 8 × 8 digits, with dropout in every layer but the first."""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.ConvNet(channels=(16, 32), kernel=3, pool=1, hidden=(64,)),
    prior=bd.ScaleMixture(
        unit=bd.PerLayer(hidden=bd.noise.Bernoulli(keep=0.75), last=bd.noise.Bernoulli(keep=0.5))
    ),
    likelihood=bd.Categorical(10),
)
