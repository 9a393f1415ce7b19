"""Yacht, 20 splits: the paper's code's ARD, ADD and ARD-ADD; its "RMSE" is mae_per_draw.

The poster has .691 ± .12, .657 ± .14 and .604 ± .16 (± is a standard deviation).
"""

import bayesdrop as bd

SUITE = bd.Suite(
    models=("released_ard", "released_add", "released_ard_add"),
    inference=("released_em",),
    datasets=("yacht",),
    splits=20,
    description="The objective of the paper's code on yacht: mae_per_draw beside the true RMSE.",
)
