"""Variational inference that couples each scale with the weights it scales, in NumPyro."""

import bayesdrop as bd

INFERENCE = bd.SVI(guide="structured")
