"""The networks whose features a perceptual loss compares, and their feature maps."""

from srlib.losses.features.frozen import Features
from srlib.losses.features.student import MAPS, build_student, student
from srlib.losses.features.vgg import has_weights, vgg16, vgg19, vgg54

__all__ = [
    "FEATURES",
    "MAPS",
    "Features",
    "build_student",
    "has_weights",
    "student",
    "vgg16",
    "vgg19",
    "vgg54",
]

# The names that a recipe may give.
FEATURES = {"student": student, "vgg16": vgg16, "vgg19": vgg19, "vgg54": vgg54}
