"""Deep ensemble: five modes from different draws of the prior, averaged."""

import bayesdrop as bd

INFERENCE = bd.DeepEnsemble()
