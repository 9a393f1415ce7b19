"""Laplace approximation over all weights and noises, Gauss-Newton, with linearised predictions."""

import bayesdrop as bd

INFERENCE = bd.Laplace()
