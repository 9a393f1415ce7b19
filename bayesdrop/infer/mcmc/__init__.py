"""Samplers: one folder each, and what they share."""
