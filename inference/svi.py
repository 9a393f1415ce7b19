"""Mean-field variational inference in NumPyro, with the defaults."""

import bayesdrop as bd

INFERENCE = bd.SVI()
