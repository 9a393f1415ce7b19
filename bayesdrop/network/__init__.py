"""Network architectures: which weight matrices there are, and the forward pass through them."""

from bayesdrop.network.base import Layer, Network
from bayesdrop.network.conv_resnet import ConvResNet
from bayesdrop.network.convnet import ConvNet
from bayesdrop.network.mlp import MLP
from bayesdrop.network.recurrent import Recurrent
from bayesdrop.network.resnet import ResNet

__all__ = ["MLP", "ConvNet", "ConvResNet", "Layer", "Network", "Recurrent", "ResNet"]
