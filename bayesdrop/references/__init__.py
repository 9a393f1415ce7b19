"""Reference posteriors: draws that two exact samplers agree on, as a yardstick for any method.

A :class:`~bayesdrop.ReferenceProblem` is a model, training rows and the samplers to run. Its
:class:`~bayesdrop.Reference` is what they found: 1,000 draws of f at 64 inputs, in one file.
"""
