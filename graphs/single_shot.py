"""A shot from a prompt: a script of one scene with the prompt as its action, and edits that make it one shot."""

from __future__ import annotations

import re
import unicodedata

from pydantic import Field

from graphs import planning
from graphs.overlay import keep_edits
from graphs.request import MakeRequest
from storage.records import Records
from vibeboard.edits import Author, Edit, Reseed, SetCoverage, SetDescription, SetLength
from vibeboard.model import Frozen
from vibeboard.screenplay import IntExt, TimeOfDay
from vibeboard.sets import LAYOUTS
from vibeboard.stage import SetKind

_MARKUP = re.compile(r"[\\*_]")
_NOTE = re.compile(r"\[(?=\[)")


class OneShot(Frozen):
    """What is asked for: words, where and when, how long, and the seed of everything that is random."""

    prompt: str = Field(min_length=1, max_length=1000)
    place: SetKind
    time: TimeOfDay
    seconds: float = Field(ge=0.25, le=120)
    seed: int = Field(ge=0, lt=2**31)


def plain_words(prompt: str) -> str:
    """The prompt on one line, without characters that nobody can see or write."""
    seen = "".join(letter for letter in prompt if letter.isspace() or unicodedata.category(letter) not in ("Cc", "Cs"))
    return " ".join(seen.split())


def script_of(shot: OneShot) -> str:
    """The script in Fountain. The prompt is data: it is one line that is action by its mark, its own markup is escaped,
    and a note cannot begin in it."""
    side = IntExt.INT if LAYOUTS[shot.place].interior else IntExt.EXT
    action = _NOTE.sub("[ ", _MARKUP.sub(r"\\\g<0>", plain_words(shot.prompt)))
    return f"{side}. {shot.place.upper()} - {shot.time}\n\n!{action}\n"


def plan_one_shot(film: Records, request: MakeRequest, shot: OneShot, key: str) -> None:
    """Edit the film, whose script is this shot's, so that its plan is one shot as asked for. `key` names the occasion:
    done again it adds nothing."""
    screenplay = planning.screenplay(film, request.script)
    (scene,) = screenplay.scenes
    film.edits.add(f"{key} coverage", Author.PERSON, SetCoverage(scene_id=scene.id, shots=1))
    _, (plan,) = planning.plan(film, request.model_copy(update={"edits": keep_edits(film)}), screenplay)
    (planned,) = plan.shots
    of = {"scene_id": scene.id, "shot_id": planned.id}
    wishes: dict[str, Edit] = {
        "length": SetLength(**of, seconds=shot.seconds),
        "seed": Reseed(**of, seed=shot.seed),
        "words": SetDescription(**of, text=plain_words(shot.prompt)),
    }
    for name, edit in wishes.items():
        film.edits.add(f"{key} {name}", Author.PERSON, edit)
