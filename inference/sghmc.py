"""SGHMC on minibatches of 256, for many rows: 4 chains from trained points; not exact."""

import bayesdrop as bd

INFERENCE = bd.SGHMC()
