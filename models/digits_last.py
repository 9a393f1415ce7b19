"""A small convolutional network of the 8 × 8 digits, with dropout before its last layer."""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.ConvNet(channels=(16, 32), kernel=3, pool=1, hidden=(64,)),
    prior=bd.ScaleMixture(unit=bd.PerLayer(last=bd.noise.Bernoulli(keep=0.5))),
    likelihood=bd.Categorical(10),
)
