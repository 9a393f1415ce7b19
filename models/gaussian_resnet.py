"""No noise: independent Gaussian weights, N(0, 1/fan_in); residual network, two layers of 50.

The network of ``student_t_ard``, ``add`` and ``ard_add`` without their scales: what these scales
are compared with.
"""

import bayesdrop as bd

MODEL = bd.Model(network=bd.ResNet())
