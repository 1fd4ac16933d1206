"""What each paper claims, measured here with its controls, chance levels and intervals: one file per paper.

The claims, how each is measured and what counts as holding were fixed before anything was run. A claim that fails is a
result and stays.
"""
