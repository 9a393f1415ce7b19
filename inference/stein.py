"""Stein variational gradient descent: ten particles that repel each other."""

import bayesdrop as bd

INFERENCE = bd.SteinVI()
