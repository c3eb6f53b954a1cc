"""Reading what people type for sizes and scenes."""

from __future__ import annotations

import re

from vibeboard.faults import Rejected

SMALLEST, LARGEST = 64, 7680


def parse_size(text: str) -> tuple[int, int]:
    """`854x480` -> (854, 480).

    Raises:
        Rejected: it is no size, out of range, or odd (4:2:0 video needs even sizes).
    """
    match = re.fullmatch(r"\s*(\d{1,5})\s*[xX×]\s*(\d{1,5})\s*", text)
    if not match:
        raise Rejected("bad_size", f"--size {text!r} is not a size: write width x height, such as 854x480")
    width, height = int(match[1]), int(match[2])
    if not (SMALLEST <= width <= LARGEST and SMALLEST <= height <= LARGEST):
        raise Rejected("bad_size", f"--size {text}: each side must be from {SMALLEST} to {LARGEST}, such as 854x480")
    if width % 2 or height % 2:
        even = f"{width + width % 2}x{height + height % 2}"
        raise Rejected("bad_size", f"--size {text}: H.264 video needs even sides; use {even}")
    return width, height


def parse_scenes(text: str) -> tuple[int, int]:
    """`3` -> (3, 3), `3-5` -> (3, 5).

    Raises:
        Rejected: it is no such range.
    """
    match = re.fullmatch(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?", text)
    first = int(match[1]) if match else 0
    last = int(match[2] or match[1]) if match else 0
    if not 1 <= first <= last:
        raise Rejected(
            "bad_scenes", f"--scenes {text!r} is not a range: write one scene or a first and a last, such as 3-5"
        )
    return first, last


def parse_shots(text: str) -> tuple[str, ...]:
    """`3a, 3C` -> ("3A", "3C").

    Raises:
        Rejected: it names no shot.
    """
    numbers = tuple(dict.fromkeys(part.strip().upper() for part in text.split(",") if part.strip()))
    if not numbers:
        raise Rejected("bad_shots", f"--shots {text!r} names no shot: write numbers such as 3A,3C")
    return numbers
