"""ARD-ADD whose unit noise is learned per layer; residual network, two layers of 50.

In ard_add the noise of units is λ² ~ InverseGamma(3, 3). Here each layer of weights has a shape
a ~ Uniform(1, 8) and a rate b with b² ~ InverseGamma(3, 12) of its own. So weights are Student-t
with 2a degrees of freedom, and the data choose these and the scale.
"""

import bayesdrop as bd

units = bd.noise.InverseNakagami(
    shape=bd.noise.Uniform(1.0, 8.0), rate=bd.noise.InverseNakagami(shape=3.0, rate=12.0)
)
MODEL = bd.Model(
    network=bd.ResNet(),
    prior=bd.ARDADD(units, bd.noise.InverseNakagami(shape=3.0, rate=3.0)),
)
