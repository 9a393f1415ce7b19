"""The four small UCI sets, 20 standard splits each: two priors × MC dropout, SVI and NUTS."""

import bayesdrop as bd

SUITE = bd.Suite(
    models=("student_t_ard", "ard_add"),
    inference=("mc_dropout", "svi", "nuts"),
    datasets=("yacht", "boston", "energy", "concrete"),
    splits=20,
    description="Two priors under three inference methods on the 20 standard splits of four sets.",
)
