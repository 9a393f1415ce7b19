"""Maximum a posteriori: the weights at the mode, the noise scale from held-out rows."""

import bayesdrop as bd

INFERENCE = bd.MAP()
