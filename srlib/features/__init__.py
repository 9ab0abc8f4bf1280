"""The networks whose features a perceptual loss compares, and their feature maps."""

from srlib.features.frozen import Features
from srlib.features.student import student
from srlib.features.vgg import vgg16, vgg19

__all__ = ["FEATURES", "Features", "student", "vgg16", "vgg19"]

# The names that a recipe may give.
FEATURES = {"student": student, "vgg16": vgg16, "vgg19": vgg19}
