"""Readers: a script in, a `Screenplay` out. No model is involved, nothing is rewritten, no word is dropped."""

from agents.screenplay.carrying import carry_ids
from agents.screenplay.files import decoded, must_have_scenes, read_file, read_text
from agents.screenplay.fountain_reader import read_fountain
from agents.screenplay.markup import plain_text

READER_REVISION = 1
"""Raised by hand whenever the same text would be read otherwise: kept screenplays are then read anew."""

__all__ = [
    "READER_REVISION",
    "carry_ids",
    "decoded",
    "must_have_scenes",
    "plain_text",
    "read_file",
    "read_fountain",
    "read_text",
]
