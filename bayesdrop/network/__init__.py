"""Network architectures: which weight matrices there are, and the forward pass through them."""

from bayesdrop.network.base import Layer, Network
from bayesdrop.network.mlp import MLP
from bayesdrop.network.resnet import ResNet

__all__ = ["MLP", "Layer", "Network", "ResNet"]
