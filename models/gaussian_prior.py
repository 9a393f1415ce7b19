"""No noise: independent Gaussian weights, N(0, 1/fan_in); one hidden layer of 50.

The reference that every scale mixture is compared with.
"""

import bayesdrop as bd

MODEL = bd.Model(network=bd.MLP(hidden=(50,)))
