"""The Gaussian process that the network's own Gaussian prior becomes at infinite width."""

import bayesdrop as bd

INFERENCE = bd.NNGP()
