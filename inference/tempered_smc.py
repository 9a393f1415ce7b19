"""Tempered SMC: four runs of 1,024 particles from the prior to the posterior, with the evidence.

Small networks on few rows alone: read how far the runs agree.
"""

import bayesdrop as bd

INFERENCE = bd.SMC()
