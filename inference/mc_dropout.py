"""MC dropout with the defaults: the noise stays on in prediction."""

import bayesdrop as bd

INFERENCE = bd.MCDropout()
