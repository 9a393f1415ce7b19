"""Stochastic gradient Hamiltonian Monte Carlo."""
