"""What would have caught usual mistakes: a method or its results, photograph by photograph.

``report`` asks all checks, in the order of its table. ``cases`` is what they are given; each of the
other modules holds checks of one kind, with the thresholds and what these were measured on.
"""

from srlib.evaluation.auditing.report import audit

__all__ = ["audit"]
