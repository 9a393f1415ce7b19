"""Hamiltonian Monte Carlo and the No-U-Turn sampler."""
