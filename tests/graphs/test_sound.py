"""Where a line is heard: at the side on which its speaker is seen."""

from __future__ import annotations

import pytest

from agents.breakdown import break_down
from agents.planner import cast_looks, plan_scene
from agents.screenplay import read_fountain
from graphs.cut import cut, length
from graphs.request import MakeRequest
from graphs.sound import ambiences, captions, sound_cue
from vibeboard.shot import Framing

SCRIPT = """\
INT. ROOM - DAY

ANN and BEN stand face to face.

ANN
You said it would be quick.

BEN
It was.

ANN (V.O.)
He always had an answer.

BEN
Is that a no?

EXT. FOREST - NIGHT

BEN
Hello?
"""


@pytest.fixture
def laid():
    screenplay = read_fountain(SCRIPT)
    broken = {scene.scene_id: scene for scene in break_down(screenplay).scenes}
    request = MakeRequest(script="", name="", engines={})
    scenes = {scene.id: scene for scene in screenplay.scenes}
    looks = cast_looks(["ANN", "BEN"])
    plans = [plan_scene(scene, broken[scene.id], looks, request.fps, 16 / 9) for scene in screenplay.scenes]
    return cut(plans, scenes, broken), request


def cues(laid, request):
    return [(placed, line, sound_cue(placed, line, "0" * 64, request)) for placed in laid for line in placed.shot.lines]


def test_in_a_two_shot_the_two_are_heard_from_their_own_sides(laid):
    cut_shots, request = laid
    sides = {
        line.speaker: cue.pan
        for placed, line, cue in cues(cut_shots, request)
        if placed.shot.framing in (Framing.TWO_SHOT, Framing.MASTER) and cue.pan
    }
    assert sides.keys() == {"ANN", "BEN"}
    assert sides["ANN"] * sides["BEN"] < 0


def test_a_voice_over_is_in_the_middle_and_softer(laid):
    cut_shots, request = laid
    (over,) = [cue for _, line, cue in cues(cut_shots, request) if line.text.startswith("He always")]
    assert (over.pan, over.gain_db) == (0.0, -3.0)


def test_every_line_has_its_caption_at_its_time_inside_the_film(laid):
    cut_shots, request = laid
    starts = [(cue.start, line.text) for _, line, cue in cues(cut_shots, request)]
    assert [(caption.start, caption.text) for caption in captions(cut_shots)] == starts
    assert all(caption.start + caption.frames <= length(cut_shots) for caption in captions(cut_shots))


def test_room_tone_covers_the_film_without_a_gap_and_changes_with_the_scene(laid):
    cut_shots, _ = laid
    tones = ambiences(cut_shots)
    assert [tone.start for tone in tones] == [0, tones[0].frames]
    assert sum(tone.frames for tone in tones) == length(cut_shots)
    assert [tone.night for tone in tones] == [False, True]
