"""Stein variational inference: particles that repel each other."""
