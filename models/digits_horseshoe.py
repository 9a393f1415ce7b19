"""A small convolutional network of the 8 × 8 digits, with a horseshoe per channel and unit."""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.ConvNet(channels=(16, 32), kernel=3, pool=1, hidden=(64,)),
    prior=bd.ScaleMixture(unit=bd.noise.HalfCauchy(scale=1.0), base_scale=0.5),
    likelihood=bd.Categorical(10),
)
