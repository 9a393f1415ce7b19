"""An LSTM of 32 units with dropout that all steps of a sequence share; its noise depends on x."""

import bayesdrop as bd

noise = bd.noise.Bernoulli(keep=0.9)
MODEL = bd.Model(
    network=bd.Recurrent(hidden=32, cell="lstm"),
    prior=bd.ScaleMixture(unit=bd.PerLayer(hidden=noise, last=noise)),
    likelihood=bd.HeteroscedasticGaussian(),
)
