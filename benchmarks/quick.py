"""The demo: two priors × MC dropout, SVI and NUTS on 3 splits of diabetes; needs no download."""

import bayesdrop as bd

SUITE = bd.Suite(
    models=("student_t_ard", "ard_add"),
    inference=("mc_dropout", "svi", "nuts_quick"),
    datasets=("diabetes",),
    splits=3,
    description="Two priors under three inference methods on 3 splits of the diabetes data.",
)
