"""SGHMC for images: 2 chains of 25 draws, 100 steps of 64 rows apart; not exact."""

import bayesdrop as bd

INFERENCE = bd.SGHMC(num_warmup=2000, num_samples=25, num_chains=2, batch_size=64)
