"""Variational inference with a normal of any covariance, in NumPyro: for small networks.

Of d latent variables the covariance has d²/2 parameters, whose gradients are noisy, so the
learning rate is small (not tuned). A step takes some 90 times as long as mean-field's.
"""

import bayesdrop as bd

INFERENCE = bd.SVI(guide="full_rank", learning_rate=1e-3, final_learning_rate=1e-5)
