"""Concrete dropout: dropout whose keep probabilities are learned; one hidden layer of 50.

One keep probability per weight matrix, found together with the weights (Gal, Hron & Kendall 2017):
by the method of the same name, MC dropout whose objective has the entropy of the masks. SVI learns
it by the ELBO of the relaxed model.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.MLP(hidden=(50,)),
    prior=bd.ARD(bd.noise.Bernoulli(keep=bd.Learned(0.9))),
)
