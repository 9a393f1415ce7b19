"""Approximate methods against reference posteriors: which to trust for what."""

import bayesdrop as bd

SUITE = bd.ReferenceSuite(
    inference=(
        "mc_dropout",
        "svi",
        "svi_low_rank",
        "svi_full_rank",
        "svi_structured",
        "svi_flow",
        "em",
        "map",
        "laplace",
        "deep_ensemble",
        "stein",
        "sghmc",
        "mclmc",
        "nuts",
        "tempered_smc",
    ),
    description="How far each method is from posteriors that are known.",
)
