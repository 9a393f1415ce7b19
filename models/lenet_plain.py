"""LeNet with a Gaussian prior and no noise.

Its weights have a base scale of 0.2, which was chosen with the method ``deep_ensemble_lenet``.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.ConvNet(channels=(20, 50), kernel=5, pool=2, hidden=(500,)),
    prior=bd.ScaleMixture(base_scale=0.2),
    likelihood=bd.Categorical(10),
)
