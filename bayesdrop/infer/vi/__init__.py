"""Variational methods: SVI and its guides, EM, Stein."""
