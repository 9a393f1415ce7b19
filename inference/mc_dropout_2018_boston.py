"""MC dropout by the 2018 protocol for boston: a grid search in every split."""

import bayesdrop as bd

INFERENCE = bd.mc_dropout_2018("boston")
