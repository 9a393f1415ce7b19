"""Dropout as bernoulli_ard has it, in two hidden layers of 50.

The deeper of the two networks whose results stand in github.com/yaringal/DropoutUncertaintyExps.
"""

import bayesdrop as bd

MODEL = bd.Model(
    network=bd.MLP(hidden=(50, 50)),
    prior=bd.ARD(bd.noise.Bernoulli(keep=0.95)),
)
