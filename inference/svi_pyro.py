"""The same mean-field variational inference in Pyro."""

import bayesdrop as bd

INFERENCE = bd.SVI(backend="pyro")
