"""MC dropout with tail-adaptive weighting: 10 masks per row and step, weighted by 1/rank.

The first strategy of Nalisnick et al. (2019). A step costs ten passes in place of one.
"""

import bayesdrop as bd

INFERENCE = bd.MCDropout(weighting="tail-adaptive", masks=10)
