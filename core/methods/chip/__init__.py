"""CHIP: which channels of a layer matter for which class, learned by switching channels off.

X. Cui, D. Wang, Z. J. Wang: CHIP: Channel-wise Disentangled Interpretation of Deep Convolutional Neural Networks,
IEEE Transactions on Neural Networks and Learning Systems, 2020.
"""
