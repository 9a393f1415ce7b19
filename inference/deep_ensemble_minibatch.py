"""Deep ensemble for many rows or images: five modes by 3000 steps on batches of 64."""

import bayesdrop as bd

INFERENCE = bd.DeepEnsemble(num_steps=3000, batch_size=64)
