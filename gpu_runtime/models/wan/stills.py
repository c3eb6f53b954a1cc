"""Pictures that come with a call. They are data from outside, whatever they say they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from vibeboard.faults import Rejected

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_PIXELS = 64_000_000


def read_still(path: Path, name: str) -> Image.Image:
    """The picture in RGB, upright. `name` is the parameter that it came with.

    Raises:
        Rejected: `unreadable_image`.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                size = f"{image.width}x{image.height}"
                raise Rejected("unreadable_image", f"{name}: {size} is too large, at most 64 megapixels are read")
            return ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError):
        raise Rejected("unreadable_image", f"{name}: this is no PNG, JPEG or WebP picture") from None


def filling(image: Image.Image, width: int, height: int) -> Image.Image:
    """The middle of the picture, scaled to fill `width` x `height`."""
    if image.size == (width, height):
        return image
    return ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)


def pixels(image: Image.Image) -> Tensor:
    """`[1, h, w, 3]` uint8."""
    return torch.from_numpy(np.array(image))[None]
