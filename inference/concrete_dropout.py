"""MC dropout with the KL term of Gal & Ghahramani: learned rates get concrete dropout's objective.

Without learned rates it is MC dropout whose weight decay carries the keep probability.
"""

import bayesdrop as bd

INFERENCE = bd.MCDropout(weight_decay="gal")
