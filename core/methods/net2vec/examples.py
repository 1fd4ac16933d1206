"""A picture to stand for each concept."""

import numpy as np

from core.methods.net2vec.masks import Masks

BEST = 0.4  # of a picture: large enough to be seen, with something around it


def examples(masks: Masks) -> np.ndarray:
    """The picture that shows each concept best, by its position in the pool: the one in which its share of the pixels
    is nearest to BEST as a ratio, the first of equals; without any mask the first that has it; -1 where none has.
    -> (C,)"""
    found = np.where(masks.present.any(0), masks.present.argmax(0), -1)
    pixels = masks.sizes[masks.image].astype(np.int64).prod(1)
    off = np.abs(np.log(masks.area / (BEST * pixels)))
    order = np.lexsort((masks.image, off, masks.concept))
    concepts, first = np.unique(masks.concept[order], return_index=True)
    found[concepts] = masks.image[order[first]]
    return found
