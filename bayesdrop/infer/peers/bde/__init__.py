"""Bayesian deep ensembles, by the package bde."""
