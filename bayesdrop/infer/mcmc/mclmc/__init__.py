"""Microcanonical Langevin Monte Carlo, unadjusted and adjusted."""
