"""Variational EM: a Gaussian over the weights, the scales as points."""
