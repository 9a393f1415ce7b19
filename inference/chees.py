"""ChEES-HMC: 8 chains in step, warm-up 300, 150 draws each, trajectories of at most 255 steps.

The class's defaults, 16 chains of at most 1,000 steps, are for smaller models: on UCI networks
trajectories grow to the limit.
"""

import bayesdrop as bd

INFERENCE = bd.ChEES(num_warmup=300, num_samples=150, num_chains=8, max_num_steps=255)
