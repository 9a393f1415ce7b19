"""ChEES-HMC: 16 chains in step, warm-up 1,000, 250 draws each, trajectories tuned together."""

import bayesdrop as bd

INFERENCE = bd.ChEES()
