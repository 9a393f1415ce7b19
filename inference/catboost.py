"""CatBoost with its defaults; noise scale by cross-validation."""

import bayesdrop as bd

INFERENCE = bd.CatBoost()
