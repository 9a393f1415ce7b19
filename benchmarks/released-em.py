"""Yacht, 20 splits: the paper's code's ARD, ADD and ARD-ADD, and the same models by MCLMC.

The poster has .691 ± .12, .657 ± .14 and .604 ± .16 (± is a standard deviation); its "RMSE" is
mae_per_draw.
"""

import bayesdrop as bd

SUITE = bd.Suite(
    models=("released_ard", "released_add", "released_ard_add"),
    inference=("released_em", "mclmc"),
    datasets=("yacht",),
    splits=20,
    description="The models of the paper's code on yacht, by its objective and by MCLMC.",
)
