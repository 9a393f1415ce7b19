"""MC dropout by the 2018 protocol for wine: a grid search in every split."""

import bayesdrop as bd

INFERENCE = bd.mc_dropout_2018("wine")
