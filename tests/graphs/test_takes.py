"""A shot that goes on from another has that shot's own calls before its own; one that cannot has none."""

from __future__ import annotations

import pytest

from graphs.cut import CutShot
from graphs.quote import quote
from graphs.request import MakeRequest, pin_engines
from graphs.services import Services
from graphs.takes import TAKE, take_calls
from graphs.units import shot_units
from tests.edits.conftest import scenes
from vibeboard.timing import Rate

DINER = 3
VACE, T2V = "wan2.1-vace-1.3b", "wan2.1-t2v-1.3b"


@pytest.fixture
def film():
    """The diner scene of the demo by shot id, the first three shots in a chain."""
    scene = scenes()[DINER]
    shots = list(scene.shots)
    for at in (1, 2):
        shots[at] = shots[at].model_copy(update={"continues": shots[at - 1].id})
    question = scene.question
    placed = [CutShot(shot, str(at), 0, question.scene, question.breakdown) for at, shot in enumerate(shots)]
    return {item.shot.id: item for item in placed}


def request(film, *engines):
    shot_engines = dict(zip(film, engines, strict=False))
    return MakeRequest(script="", name="x", fps=Rate(num=24), engines=pin_engines(), shot_engines=shot_engines)


def calls(film, at, asked):
    return take_calls(list(film.values())[at], film, asked)


def test_a_chain_holds_every_shot_before_it_as_that_shot_makes_itself(film):
    asked = request(film, VACE, VACE, VACE)
    first, second, *_ = film
    own = [calls(film, at, asked) for at in range(3)]
    assert [call.step for call in own[2]] == [f"take-{first}", f"end-{first}", f"take-{second}", f"end-{second}", TAKE]
    assert [call.shot for call in own[2]] == [first, first, second, second, ""]
    assert own[2][-1].inputs == {"first_frame": (f"end-{second}", "image")}
    for lent, made in ((own[2][0], own[0][-1]), (own[2][2], own[1][-1])):
        assert (lent.tool, lent.args, lent.inputs) == (made.tool, made.args, made.inputs)


def test_the_still_is_the_last_frame_that_the_film_shows(film):
    asked = request(film, VACE, VACE)
    take, still, _ = calls(film, 1, asked)
    shown, length = next(iter(film.values())).shot.frames / 24 * 16, take.args["frames"]
    assert length - 5 < still.args["frame"] < length
    assert still.args["frame"] == int(shown - 1 / 3)


@pytest.mark.parametrize("engines", [(), (VACE,), (VACE, T2V)], ids=["previs", "only the first", "words only"])
def test_an_engine_that_reads_no_first_frame_makes_the_shot_as_ever(film, engines):
    bare = {key: item._replace(shot=item.shot.model_copy(update={"continues": ""})) for key, item in film.items()}
    asked = request(film, *engines)
    assert calls(film, 1, asked) == calls(bare, 1, asked)


def test_a_shot_goes_on_from_one_of_another_engine(film):
    take, _, own = calls(film, 1, request(film, "previs", VACE))
    assert take.args["fps"] == {"num": 24, "den": 1}
    assert own.args["fps"] == {"num": 16, "den": 1}


def test_a_take_that_two_shots_need_is_paid_for_once_and_by_whoever_is_made(film, project):
    asked = request(film, VACE, VACE)
    services = Services(project, None, asked, "", lambda _event: None)
    first, second, *_ = shot_units(list(film.values()), "x", asked)
    together = quote([first, second], services).todo
    assert all(item.renders for item in together)
    (alone,) = quote([second], services).todo
    assert alone.device_seconds == pytest.approx(sum(item.device_seconds for item in together))
    assert together[1].device_seconds < alone.device_seconds
    assert together[1].reasons == ("new",)
