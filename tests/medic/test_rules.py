"""Names, places, units, choices, references: what follows from a declaration, on tools that were never seen before."""

from __future__ import annotations

from enum import StrEnum

import pytest
from pydantic import Field, ValidationError

from agents.medic import Action, Decision, decide
from gpu_runtime.engine import Engine, Limits
from gpu_runtime.executor import validation_fault
from tools.declare import AssetId, Params, Tool, field
from vibeboard.digest import sha256
from vibeboard.faults import Fault, FaultKind
from vibeboard.hints import also_called, hints
from vibeboard.model import Frozen
from vibeboard.stage import Colour, Vec3
from vibeboard.timing import Rate


@also_called(GLASS=("pane", "window glass"))
class Surface(StrEnum):
    GLASS = "glass"
    BRICK_WALL = "brick wall"
    WATER = "water"


class Lamp(Frozen):
    name: str
    watts: int = Field(ge=0, json_schema_extra=hints(unit="W"))
    tilt: float = Field(default=0.0, json_schema_extra=hints(unit="deg", synonyms=("inclination",)))
    where: Vec3 = Field(json_schema_extra=hints(unit="m", measures=("place",)))


class ProbeParams(Params):
    source: AssetId = field("The take", protected=True, synonyms=("take",))
    surface: Surface = field("What it falls on", protected=True)
    lamps: tuple[Lamp, ...] = field("Lamps", protected=True, synonyms=("lights",))
    frames: int = field("Length", unit="frame", ge=1, measures=("duration",))
    fps: Rate = field("Frame rate", unit="frame/s", synonyms=("frame_rate",))
    distance: float = field("Throw", unit="m", ge=0, le=100, measures=("throw",), default=5.0)
    fade: float = field("Fade", unit="s", default=0.0, ge=0)
    share: float = field("How much", default=0.5, ge=0, le=1, soft=True)
    tint: Colour | None = field("Gel", default=None)
    loud: bool = field("Whether it hums", default=False)
    label: str = field("Label", default="")
    notes: tuple[str, ...] = field("Notes", default=())
    copies: int = field("Copies", default=1, ge=1)
    width: int = field("Width", unit="px", ge=16, default=640, joint=("size",), ratio=("aspect",))
    height: int = field("Height", unit="px", ge=16, default=480, joint=("size",), ratio=("aspect",))


async def _never(_params, _ctx):
    raise AssertionError


TOOL = Tool("probe", "vfx-suite", "video", "Probe.", ProbeParams, _never, frozenset({"verbose"}))
ENGINE = Engine(name="any", task="probe", revision=1, implementation="a:b", summary="", limits=Limits())
TAKE, OTHER, OLD = sha256(b"take"), sha256(b"other"), sha256(b"old")
GOOD = {
    "source": TAKE,
    "surface": "brick wall",
    "lamps": [{"name": "key", "watts": 500, "tilt": 30.0, "where": [1.0, 2.0, 3.0]}],
    "frames": 48,
    "fps": {"num": 24, "den": 1},
}


class Shelf:
    def named(self):
        return {"take-one": TAKE, "hero-v3": OTHER, "martin": sha256(b"martin"), "shot 12A": sha256(b"12A")}

    def newest(self, sha256: str) -> str:
        return {OLD: TAKE}.get(sha256, sha256 if sha256 in self.named().values() else "")


def put(**changes) -> dict:
    args = {**GOOD, **changes}
    return {name: value for name, value in args.items() if value is not ...}


def lamp(**changes) -> dict:
    made = {**GOOD["lamps"][0], **changes}
    return put(lamps=[{name: value for name, value in made.items() if value is not ...}])


def decided(args: dict, **more) -> Decision:
    try:
        params = ProbeParams.model_validate(args)
    except ValidationError as error:
        return decide(validation_fault(error), args, TOOL, ENGINE, 1, **more)
    raise AssertionError(f"nothing is wrong with {params}")


def mended(args: dict, **more) -> dict:
    """What is different from the good call after the repair, defaults filled in."""
    decision = decided(args, **more)
    assert decision.action is Action.REPAIR, decision.message
    made, good = (ProbeParams.model_validate(one).model_dump(mode="json") for one in (decision.args, GOOD))
    return {name: value for name, value in made.items() if value != good[name]}


NAMES = {
    "camelCase": put(frameRate=GOOD["fps"], fps=...),
    "a synonym in another spelling": put(Lights=GOOD["lamps"], lamps=...),
    "letters swapped": put(sruface="brick wall", surface=...),
    "a letter mistaken, with a value that tells": put(surfase="brick wall", surface=...),
    "letters swapped in a short name": put(fsp=GOOD["fps"], fps=...),
    "a letter left out": put(surfce="brick wall", surface=...),
    "an id of an asset": put(source_id=TAKE, source=...),
    "words that add nothing": put(number_of_frames=48, frames=...),
    "a singular": put(lamp=GOOD["lamps"], lamps=...),
    "its object's name before it": lamp(lamp_watts=500, watts=...),
    "a dotted path": put(**{"lamps.0.watts": 500}, lamps=lamp(watts=...)["lamps"]),
    "in the wrong object": lamp(fps=GOOD["fps"]) | {"fps": ...},
    "in an object of their own": put(timing={"frames": 48, "fps": GOOD["fps"]}, frames=..., fps=...),
    "twice the same": put(duration="2s"),
    "a knob that the tool can do without": put(verbose=True),
    "a name with nothing under it": put(style=None, tags=[]),
    "what its type says anyway": put(surface_type="brick wall", surface=...),
    "no. of": put(no_of_frames=48, frames=...),
    "n before a count": put(nframes=48, frames=...),
    "without vowels": put(frms=48, srfc="brick wall", frames=..., surface=...),
    "a vowel mistaken": put(fremes=48, frames=...),
    "the file of an asset": put(take_file=TAKE, source=...),
    "the words of its container's other name": lamp(light_watts=500, watts=...),
    "an idle word for a yes or no": put(is_loud=False),
    "a word cut short": put(fram_rate=GOOD["fps"], fps=...),
    "the numbers of a rate": put(fps_num=24, fps_den=1, fps=...),
    "what planners say about a call": put(reasoning="it should hum", tool_name="probe", confidence=0.9),
    "field by field in its object's place": put(lamps=..., name="key", watts=500, tilt=30.0, where=[1.0, 2.0, 3.0]),
}


@pytest.mark.parametrize("args", NAMES.values(), ids=NAMES.keys())
def test_a_name_is_taken_for_the_one_that_it_can_only_mean(args):
    assert mended({name: value for name, value in args.items() if value is not ...}) == {}


VALUES = {
    "seconds for frames": (put(frames="2.5 s"), {"frames": 60}),
    "a clock for frames": (put(frames="0:10"), {"frames": 240}),
    "timecode": (put(frames="00:00:01:12"), {"frames": 36}),
    "seconds and frames": (put(frames="1s 12f"), {"frames": 36}),
    "frames for seconds": (put(fade="36 frames"), {"fade": 1.5}),
    "a unit in the name": (put(duration_s=3, frames=...), {"frames": 72}),
    "another unit in the name": (put(distance_ft=10), {"distance": 3.048}),
    "feet and inches": (put(distance="6'2\""), {"distance": 1.8796}),
    "a measure that says its unit": (put(throw="250 cm"), {"distance": 2.5}),
    "per cent": (put(share="35 %"), {"share": 0.35}),
    "turns": (lamp(tilt="0.25 turns"), {"lamps": lamp(tilt=90.0)["lamps"]}),
    "a unit that no table knows": (lamp(watts="750 W"), {"lamps": lamp(watts=750)["lamps"]}),
    "words for a number": (put(frames="twenty-four frames"), {"frames": 24}),
    "thousands": (put(frames="1,200 frames"), {"frames": 1200}),
    "a value in a box": (put(frames={"value": 2, "unit": "s"}), {}),
    "a rate as people say it": (put(fps="23.976 fps"), {"fps": {"num": 24000, "den": 1001}}),
    "a point by name, with units": (lamp(where={"x": "100cm", "y": 2, "z": 3}), {}),
    "a point as text": (lamp(where="(1, 2, 3)"), {}),
    "a colour in hex": (put(tint="#336699"), {"tint": [0.2, 0.4, 0.6]}),
    "nothing, spelt": (put(tint="none"), {}),
    "yes": (put(loud="enabled"), {"loud": True}),
    "a choice in other letters": (put(surface="Brick-Wall"), {}),
    "a choice by its other name": (put(surface="window glass"), {"surface": "glass"}),
    "a choice mistyped": (put(surface="watter"), {"surface": "water"}),
    "a choice with its letters mixed up": (put(surface="brcik wlal"), {}),
    "a number for an open text": (put(label=12), {"label": "12"}),
    "one for a list of one": (put(lamps=GOOD["lamps"][0]), {}),
    "a size in one": (put(size="1280 x 720"), {"width": 1280, "height": 720}),
    "a named size": (put(size="1080p"), {"width": 1920, "height": 1080}),
    "a unit beside its number": (put(duration=3, duration_unit="s", frames=...), {"frames": 72}),
    "the only unit there is": (put(duration=3, unit="s", frames=...), {"frames": 72}),
    "a number and its unit as a pair": (put(duration=[3, "s"], frames=...), {"frames": 72}),
    "nothing but a count before the unit": (put(num_seconds=3, frames=...), {"frames": 72}),
    "a whole and a half": (put(frames="three and a half seconds"), {"frames": 84}),
    "a unit in brackets": (put(frames="84 (frames)"), {"frames": 84}),
    "the rate beside the number": (put(frames="84 frames at 24 fps"), {"frames": 84}),
    "drop-frame timecode": (
        put(frames="00:10:00;00", fps={"num": 30000, "den": 1001}),
        {"frames": 17982, "fps": {"num": 30000, "den": 1001}},
    ),
    "primes for feet and inches": (put(distance="6\u20322\u2033"), {"distance": 1.8796}),
    "from where": (put(distance="2.5 m from the camera"), {"distance": 2.5}),
    "a part of pi": (lamp(tilt="π/2 rad"), {"lamps": lamp(tilt=90.0)["lamps"]}),
    "per cent in two words": (put(share="35 per cent"), {"share": 0.35}),
    "frames a second": (put(fps="25 frames per sec"), {"fps": {"num": 25, "den": 1}}),
    "a vector of a program": (lamp(where="Vector3(x=1, y=2, z=3)"), {}),
    "one unit behind the brackets": (lamp(where="(100, 200, 300) cm"), {}),
    "one unit beside the list": (lamp(where={"value": [100, 200, 300], "unit": "cm"}), {}),
    "a colour that is opaque": (put(tint="rgba(51, 102, 153, 1)"), {"tint": [0.2, 0.4, 0.6]}),
    "a colour in a box": (put(tint={"hex": "#336699"}), {"tint": [0.2, 0.4, 0.6]}),
    "a choice said twice": (put(surface="window glass (glass)"), {"surface": "glass"}),
    "a choice in a box": (put(surface={"type": "glass"}), {"surface": "glass"}),
    "a yes in quotation marks": (put(loud="'true'"), {"loud": True}),
    "a number of what it counts": (put(copies="three copies"), {"copies": 3}),
    "the very name for yes": (put(loud="LOUD"), {"loud": True}),
    "a duration of ISO 8601": (put(duration="PT3S", frames=...), {"frames": 72}),
    "a list in a list": (put(lamps=[GOOD["lamps"]]), {}),
    "labels before the numbers": (put(size="width 1280 height 720"), {"width": 1280, "height": 720}),
    "a size with its unit beside": (
        put(size={"width": 1280, "height": 720, "unit": "px"}),
        {"width": 1280, "height": 720},
    ),
    "a side from the ratio": (put(aspect="4:3", height=720, width=...), {"width": 960, "height": 720}),
}


@pytest.mark.parametrize(("args", "wanted"), VALUES.values(), ids=VALUES.keys())
def test_a_value_is_read_as_it_was_meant(args, wanted):
    assert mended(args) == wanted


LEFT = {
    "a measure without a unit": put(duration=5, frames=...),
    "about": put(frames="about 5 s"),
    "a range": put(frames="4-6 s"),
    "a fraction of a frame": put(frames=48.5),
    "another kind of unit": put(distance="5 kg"),
    "thousands or decimals": put(distance="1,500 m"),
    "a choice that is none": put(surface="sand"),
    "another word than a choice": put(surface="grass"),
    "another word than a longer choice": put(surface="waiter"),
    "a word that is nearly a number's name": put(flames=48, frames=...),
    "a name that denies": put(no_frames=48, frames=...),
    "a contrary name": put(max_frames=48, frames=...),
    "two values for one": put(duration="3s"),
    "an unknown wish": put(style="noir"),
    "another word of few letters": put(tame=TAKE, source=...),
    "a protected value out of bounds": lamp(watts=-1),
    "something missing": put(surface=...),
    "a size with several readings": put(size="480p", width=..., height=...),
    "a ratio that contradicts": put(aspect="1:1"),
    "a text for a protected list": put(lamps="the usual"),
    "minutes and seconds, or seconds and frames": put(frames="02:00"),
    "one text or two": put(notes="one, two"),
    "a range with units": put(frames="2s-4s"),
    "two lengths": put(distance="3m, 4m"),
    "thousands of seconds": put(frames="3,500 s"),
    "an object with a meaning of its own": put(fade_out={"frames": 12}, frames=...),
    "half of what is not said": put(frames="half"),
    "a beat": put(frames="a beat"),
    "a choice said in two ways": put(surface="glass (water)"),
    "a number at a wrong rate": put(frames="84 frames at 25 fps"),
    "a frame number that is dropped": put(frames="00:01:00;00", fps={"num": 30000, "den": 1001}),
    "a colour that one sees through": put(tint="rgba(51, 102, 153, 0.5)"),
    "an object that lacks what it needs": put(lamps=..., name="key", watts=500),
    "a score is a wish": put(score="strings"),
    "a part of something else": put(thumbnail={"width": 64, "height": 64}),
}


@pytest.mark.parametrize("args", LEFT.values(), ids=LEFT.keys())
def test_what_could_mean_something_else_is_left_to_a_person_as_it_was(args):
    decision = decided(args)
    assert (decision.action, decision.args, decision.changes) == (Action.STOP, args, ())
    assert decision.unsolved
    assert decision.message.startswith("probe: ")


def test_only_a_soft_number_is_brought_within_its_bounds_and_that_is_declared():
    decision = decided(put(share=3))
    assert [(change.path, change.before, change.after, change.declared) for change in decision.changes] == [
        ("share", 3, 1.0, True)
    ]
    assert decided(put(distance=1000)).action is Action.STOP


def test_a_new_spelling_is_not_declared_as_a_change():
    assert not any(change.declared for change in decided(put(frames="2s", surface="BRICK_WALL")).changes)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("take-one", TAKE),
        ("Take One", TAKE),
        ("tkae-one", TAKE),
        (TAKE[:12], TAKE),
        (f"sha256:{TAKE}", TAKE),
        ({"id": "take_one"}, TAKE),
        ("hero-v1", OTHER),
        ("hero_v03", OTHER),
        ("hero-latest", OTHER),
        ("take-one@latest", TAKE),
        ("takes/take-one.mp4", TAKE),
        ("asset://take-one", TAKE),
        ("ref: take one", TAKE),
        ("takeone", TAKE),
        (f"{TAKE[:8]}…", TAKE),
        (f"blobs/{TAKE[:2]}/{TAKE[2:]}", TAKE),
        ({"asset_id": "take-one", "type": "video"}, TAKE),
        ({"sha256": TAKE, "media_type": "video/mp4"}, TAKE),
    ],
)
def test_a_reference_is_found_by_the_one_name_that_it_nearly_is(asked, found):
    assert mended(put(source=asked), known=Shelf()) == ({} if found == TAKE else {"source": found})


@pytest.mark.parametrize(
    "asked",
    [
        "martina",
        "martins",
        "tale-one",
        "shot 12B",
        "hero-v9",
        "villain",
        sha256(b"nobody")[:20],
        "take-one/hero-v3",
        "shot 1-2A",
        "latest",
        "hero-v3-final",
    ],
)
def test_a_reference_that_may_be_somebody_else_is_never_guessed(asked):
    assert decided(put(source=asked), known=Shelf()).action is Action.STOP


def test_a_superseded_asset_is_followed_only_when_the_fault_is_about_it():
    stale = Fault(kind=FaultKind.REJECTED, code="stale_asset", message="superseded")
    decision = decide(stale, put(source=OLD), TOOL, ENGINE, 1, known=Shelf())
    assert [(change.path, change.after, change.declared) for change in decision.changes] == [("source", TAKE, True)]
    assert mended(put(source=OLD, frames="2s"), known=Shelf()) == {"source": OLD}


def test_a_gone_asset_keeps_the_sentence_of_its_fault():
    gone = Fault(kind=FaultKind.REJECTED, code="missing_blob", message="the file is gone")
    assert decide(gone, put(source=sha256(b"x")), TOOL, ENGINE, 1, known=Shelf()).message == "the file is gone"


def test_a_refused_repair_is_not_made_again():
    args = put(frames="2s")
    (change,) = decided(args).changes
    assert decided(args).changes[0].id == change.id
    refused = decided(args, refused={change.id})
    assert (refused.action, refused.args, refused.offers) == (Action.STOP, args, (change,))


def test_invisible_characters_are_taken_out_of_texts_once():
    fault = Fault(kind=FaultKind.REPAIRABLE, code="invisible_characters", message="(1042)")
    decision = decide(fault, put(label="a\u200bb\x07"), TOOL, ENGINE, 1)
    assert decision.args["label"] == "ab"
    assert decide(fault, decision.args, TOOL, ENGINE, 2).action is Action.STOP
