"""LeNet with dropout before its last layer, for digits of MNIST (Gal & Ghahramani 2016, §5.2)."""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.ConvNet(channels=(20, 50), kernel=5, pool=2, hidden=(500,)),
    prior=bd.ScaleMixture(unit=bd.PerLayer(last=bd.noise.Bernoulli(keep=0.5))),
    likelihood=bd.Categorical(10),
)
