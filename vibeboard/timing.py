"""Time is a count of frames plus a rate; seconds exist only at the edges."""

from __future__ import annotations

import re
from fractions import Fraction

from pydantic import Field

from vibeboard.hints import hints
from vibeboard.model import Frozen

_NTSC = {
    "23.976": (24000, 1001),
    "23.98": (24000, 1001),
    "29.97": (30000, 1001),
    "47.95": (48000, 1001),
    "59.94": (60000, 1001),
}


class Rate(Frozen):
    """Frames per second as an exact fraction (23.976 is 24000/1001)."""

    num: int = Field(gt=0, le=1_000_000, json_schema_extra=hints(synonyms=("numerator", "n", "top")))
    den: int = Field(default=1, gt=0, le=1_000_000, json_schema_extra=hints(synonyms=("denominator", "d", "denom")))

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read `24`, `25`, `23.976` or `24000/1001`.

        Raises:
            ValueError: when the text is no rate from 1 to 240 frames per second.
        """
        text = text.strip()
        if text in _NTSC:
            num, den = _NTSC[text]
        elif re.fullmatch(r"\d{1,6}(/0*[1-9]\d{0,5}|\.\d{1,3})?", text):
            value = Fraction(text)
            num, den = value.numerator, value.denominator
        else:
            raise ValueError(f"fps {text!r} is not a rate: use a number such as 24, 25, 30 or 23.976")
        if not 1 <= Fraction(num, den) <= 240:
            raise ValueError(f"fps {text} is out of range: use a rate from 1 to 240, such as 24")
        return cls(num=num, den=den)

    @property
    def fraction(self) -> Fraction:
        return Fraction(self.num, self.den)

    @property
    def nominal(self) -> int:
        """The whole number a timecode counts to: 24 for 23.976."""
        return round(self.fraction)

    def frames(self, seconds: float) -> int:
        """The nearest whole count of frames in `seconds`."""
        return round(seconds * self.num / self.den)

    def seconds(self, frames: int) -> float:
        return frames * self.den / self.num

    def __str__(self) -> str:
        return str(self.num) if self.den == 1 else f"{float(self.fraction):.3f}"


def timecode(frames: int, rate: Rate) -> str:
    """Non-drop SMPTE timecode HH:MM:SS:FF (SMPTE ST 12-1) of a frame count."""
    seconds, frame = divmod(frames, rate.nominal)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}:{frame:02}"
