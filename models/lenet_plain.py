"""LeNet with a Gaussian prior and no noise."""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.ConvNet(channels=(20, 50), kernel=5, pool=2, hidden=(500,)),
    likelihood=bd.Categorical(10),
)
