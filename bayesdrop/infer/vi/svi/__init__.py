"""Stochastic variational inference, in NumPyro and in Pyro."""
