"""How people spell a quantity, brought to one spelling: digits, signs, marks and what joins the parts."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

_MARKS = str.maketrans(
    {"º": "°", "˚": "°", "⁄": "/", "−": "-", "‒": "-", "–": "-", "—": "-", "ƒ": "f", "″": '"', "′": "'"}
)
_VULGAR = re.compile(r"(\d*)\s*([¼½¾⅐-⅞])")
_MIXED = re.compile(r"(?<![\d/.])(\d+)\s+(\d+)\s*/\s*(\d+)(?![\d/])")
_PLURAL = re.compile(r"(?<=[a-z])\(s\)")
_UNIT_APART = re.compile(r"(?<=\d)\s*\(([a-z]+)\)$")
_PER_SECOND = re.compile(r"\b(?:frames?\s+(?:per|a|each)|f)\s*(?:/|\s)\s*s(?:ec(?:ond)?)?\b")
_MINUS = re.compile(r"^(minus\s+|-\s+)(?=[\d.])")
_PLUS = re.compile(r"^(plus\s+|\+\s+)(?=[\d.])")
_AND = re.compile(r"(?<=[a-z\"'″′])\s*(?:,|&|\+|\band\b)\s*(?=\d)")
_HYPHEN = re.compile(r"(?<=\d)-(?=[a-z])|(?<=[a-z])-(?=\d)")
_ISO = re.compile(r"pt(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")
_PREFIX = {
    "mm": re.compile(r"^(?:f|focal|focal length)\s*[:=]\s*(?=\d)"),
    "f": re.compile(r"^(?:aperture\s+|1\s*:\s*)?(?:f\s*[:=]?\s*/?\s*)?(?=[\d.])"),
    "frame": re.compile(r"^frames?\s*[:=]\s*(?=\d)"),
    "s": re.compile(r"^seconds?\s*[:=]\s*(?=\d)"),
}


def plainly(text: str, unit: str) -> str:
    """The text in lower case, compatible signs folded (Unicode NFKC), fractions as one, an ISO 8601 duration in words,
    and nothing between its parts but blanks. What names the quantity before it is left out."""
    folded = _VULGAR.sub(_as_fraction, text.strip().casefold().translate(_MARKS))
    plain = unicodedata.normalize("NFKC", folded).removeprefix("@").strip().replace("per cent", "percent")
    plain = _UNIT_APART.sub(r" \1", _PLURAL.sub("s", plain))
    if unit == "frame/s":
        plain = _PER_SECOND.sub("fps", plain)
    plain = _PLUS.sub("", _MINUS.sub("-", plain))
    plain = _MIXED.sub(lambda m: f"{int(m[1]) * int(m[3]) + int(m[2])}/{m[3]}", plain)
    plain = _AND.sub(" ", _HYPHEN.sub(" ", plain))
    if unit in ("frame", "s") and (iso := _ISO.fullmatch(plain)) and any(iso.groups()):
        return " ".join(f"{part} {name}" for part, name in zip(iso.groups(), ("h", "min", "s"), strict=True) if part)
    prefix = _PREFIX.get(unit)
    return prefix.sub("", plain) if prefix else plain


def _as_fraction(match: re.Match[str]) -> str:
    part = Fraction(unicodedata.numeric(match[2])).limit_denominator(10)
    whole = int(match[1] or 0) + part
    return f"{whole.numerator}/{whole.denominator}"
