"""Translucent pictures laid over yuv420p planes: rendered once, blended in a few integer operations a frame."""

from __future__ import annotations

from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Plane = NDArray[np.uint8]
Weights = NDArray[np.uint16]
Colour = tuple[int, int, int]

_BT709 = np.array(
    [[0.1826, 0.6142, 0.0620], [-0.1006, -0.3386, 0.4392], [0.4392, -0.3989, -0.0403]],
)
_OFFSET = np.array([16.0, 128.0, 128.0])


class Picture:
    """A writable copy of a yuv420p frame: `planes` are Y (H, W), U and V (H/2, W/2), uint8, views of one buffer."""

    def __init__(self, frame: av.VideoFrame) -> None:
        self.buffer = np.asarray(frame.to_ndarray(), np.uint8)
        luma, chroma = frame.width * frame.height, frame.width * frame.height // 4
        flat = self.buffer.reshape(-1)
        half = (frame.height // 2, frame.width // 2)
        self.planes: tuple[Plane, Plane, Plane] = (
            flat[:luma].reshape(frame.height, frame.width),
            flat[luma : luma + chroma].reshape(half),
            flat[luma + chroma :].reshape(half),
        )

    def frame(self) -> av.VideoFrame:
        return av.VideoFrame.from_ndarray(self.buffer, format="yuv420p")


@dataclass(frozen=True)
class Overlay:
    """Per plane the opacity (0..256) and colour (BT.709, limited range) of a picture of even width and height."""

    alphas: tuple[Weights, Weights]
    colours: tuple[Weights, Weights, Weights]

    @classmethod
    def of(cls, image: Image.Image) -> Overlay:
        """From an RGBA picture; colour that is shared by four pixels is weighted by their opacity."""
        rgba = np.asarray(image, dtype=np.float64)
        alpha = rgba[..., 3] / 255
        yuv = rgba[..., :3] @ _BT709.T + _OFFSET
        quarter = _quartered(alpha)
        chroma = [_quartered(yuv[..., plane] * alpha) / np.maximum(quarter, 1e-6) for plane in (1, 2)]
        return cls(
            alphas=(_whole(alpha * 256), _whole(quarter * 256)),
            colours=(_whole(yuv[..., 0]), _whole(chroma[0]), _whole(chroma[1])),
        )

    def draw(self, picture: Picture, x: int, y: int, strength: int = 256) -> None:
        """Lay it over a picture with its top left at even `x`, `y`, wholly inside; `strength` from 0 to 256."""
        for plane, (alpha, colour) in enumerate(zip(self.alphas[:1] + self.alphas[1:] * 2, self.colours, strict=True)):
            left, top = (x, y) if plane == 0 else (x // 2, y // 2)
            height, width = alpha.shape
            target = picture.planes[plane][top : top + height, left : left + width]
            weight = (alpha * np.uint32(strength) >> 8).astype(np.uint16) if strength < 256 else alpha
            target[:] = (target * (256 - weight) + colour * weight + 128) >> 8


def _quartered(values: NDArray[np.float64]) -> NDArray[np.float64]:
    height, width = values.shape
    return np.asarray(values.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3)))


def _whole(values: NDArray[np.float64]) -> Weights:
    return np.round(values).astype(np.uint16)


def clear(width: int, height: int) -> Image.Image:
    """A fully transparent picture, its sides rounded up to even ones."""
    return Image.new("RGBA", (width + width % 2, height + height % 2), (0, 0, 0, 0))


def even(value: float) -> int:
    """The nearest even number."""
    return 2 * round(value / 2)


def letter(
    image: Image.Image,
    place: tuple[float, float],
    text: str,
    font: ImageFont.FreeTypeFont,
    colour: Colour,
    anchor: str = "lm",
    shadow: float = 0.0,
) -> None:
    """Write over an RGBA picture, over a soft shadow of the given blur in pixels if there is one.

    `anchor` is Pillow's: the point of the text that stands at `place`.
    """
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).text(place, text, fill=255, font=font, anchor=anchor)
    if shadow:
        stain(image, mask.filter(ImageFilter.GaussianBlur(shadow)).point(lambda value: min(value * 2, 200)), (0, 0, 0))
    stain(image, mask, colour)


def stain(image: Image.Image, mask: Image.Image, colour: Colour) -> None:
    """Lay a colour over an RGBA picture, as opaque as the mask says."""
    layer = Image.new("RGBA", image.size, (*colour, 0))
    layer.putalpha(mask)
    image.alpha_composite(layer)
