"""scikit-learn's view of a model and a method: estimators for pipelines and searches."""

from bayesdrop.estimators.classifier import Classifier
from bayesdrop.estimators.regressor import Regressor

__all__ = ["Classifier", "Regressor"]
