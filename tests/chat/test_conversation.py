"""Thirty turns about the demo film: what is answered, changed, made stale, made, approved and undone."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from agents.director.film import Film
from graphs.chat import Limits
from graphs.talking import conversation
from tests.chat.conftest import NO_LIMITS, Chat, call, says
from vibeboard.events import EventType
from vibeboard.faults import FaultError, Rejected
from vibeboard.shot import Movement, ShotSize

CENT = Limits(gpu_s=0, usd=0, cpu_s=20)
"""A whole film of the size of these tests takes more, a scene of four shots less."""


def differing(before, after) -> set[str]:
    """The numbers of shots that are other shots than before, by their ids."""
    old = {placed.shot.id: placed.shot for placed in before.placed}
    return {placed.number for placed in after.placed if old.get(placed.shot.id) != placed.shot}


async def test_thirty_turns(chat):
    chat.limits = CENT
    first = await chat.film()
    wait = next(item.number for item in first.placed for line in item.shot.lines if "Then it can wait" in line.text)
    await _questions(chat, first)
    await _changes(chat, first, wait)
    await _makes(chat)
    await _refuses(chat)
    await _goes_back(chat, first)
    await chat.say("thank you", says("My pleasure."))
    assert len(chat.project.chat.before(turn=1000, most=1000)) == 30


async def _questions(chat: Chat, first: Film) -> None:
    """What it answers changes nothing."""
    told = await chat.say("which shots use the yellow taxi?", call("find_shots", words="yellow taxi"), says("Eight."))
    assert "seen: 2A, 2B" in told
    assert told.endswith("Eight.")
    told = await chat.say("how long is scene 3?", call("show_scene", scene="3"), says("Under a minute."))
    assert f"{first.seconds(first.scene('3')):.1f} s in 14 shots" in told
    told = await chat.say("what does 4B look like?", call("show_shot", shot="4b"), says("Wide."))
    assert "NORA" in told
    told = await chat.say("what would it cost?", call("what_is_stale"), says("Nothing but time."))
    assert f"{len(first.placed)} shots to render" in told
    assert "no cost" in told
    told = await chat.say("make it closer", says("Which shot do you mean?"))
    assert told == "Which shot do you mean?"
    assert chat.edits() == []


async def _changes(chat: Chat, first: Film, wait: str) -> None:
    """Each change touches the shots it names."""
    told = await chat.say("make 4M slower", call("set_length", shot="4M", factor=1.5), says("Done."))
    assert "length 1.7 s -> 2.5 s" in told
    assert differing(first, await chat.film()) == {"4M"}
    told = await chat.say(
        "and push in to her eyes", call("move_camera", shot="4M", movement="dolly in", to="her eyes"), says(".")
    )
    assert "push in" in told
    assert (await chat.film()).shot("4M").shot.movement is Movement.PUSH_IN
    assert differing(first, await chat.film()) == {"4M"}
    told = await chat.say("no, not that", call("undo_edit"), says("Undone."))
    assert (await chat.film()).shot("4M").shot.movement is first.shot("4M").shot.movement
    await chat.say("oh well, do it", call("redo_edit"), says("As you wish."))
    assert chat.edits() == ["scale length", "movement"]
    told = await chat.say(
        "break scene 2 into six shots, more tension", call("cover_scene", scene="2", shots=6, tension=1), says("Six.")
    )
    film = await chat.film()
    assert len(film.scene("2")) == 6
    assert {number[0] for number in differing(first, film)} == {"2", "4"}
    await chat.say("closer on the last one", call("set_size", shot="2F", size="Extreme Close-Up"), says("ECU."))
    assert (await chat.film()).shot("2F").shot.size is ShotSize.ECU
    await chat.say("four shots were better", call("undo_edit", edit=5), says("Back to four."))
    assert "edit 6 is left out then: the shot is no longer in the plan" in chat.told
    assert len((await chat.film()).scene("2")) == 4
    told = await chat.say("what did I change?", call("list_edits"), says("Three things."))
    assert "left out: the shot is no longer in the plan" in told
    await chat.say("forget the close one", call("undo_edit", edit=6), says("Gone."))
    told = await chat.say(
        "rack focus from the paper to her face at the line 'Then it can wait'",
        call("rack_focus", shot=wait, start="the paper", end="her face", line="then it can wait"),
        says("Set."),
    )
    camera = (await chat.film()).shot(wait).shot.camera
    assert len({key.focus_m for key in camera.keys}) > 1
    assert differing(first, await chat.film()) == {"4M", wait}


async def _makes(chat: Chat) -> None:
    """One shot, another take of it, and a whole film that nobody approves."""
    told = await chat.say("make 2A", call("make_film", shots=["2A"]), says("There it is."))
    assert "made: 2A" in told
    assert chat.open is None
    assert (chat.folder / "takes" / "2A.mp4").is_file()
    assert "2A" not in await chat.stale()
    await chat.say("another one", call("new_seed", shot="2A"), says("A new seed."))
    assert (await chat.stale())["2A"] == "new seed; its take changed"
    await chat.say("make it", call("make_film", shots=["2A"]), says("Made."))
    assert "2A" not in await chat.stale()
    await chat.say("the old one was better", call("undo_edit"), says("The old one."))
    assert "2A" not in await chat.stale()
    stale = await chat.stale()
    await chat.say("now make it all", call("make_film"), says("unheard"))
    question = chat.open
    assert question is not None
    assert "processor time" in question.text
    with pytest.raises(Rejected, match="no open question"):
        await chat.answer("9.9.9", True)
    told = await chat.answer(question.id, False, says("Then not."))
    assert "the person said no" in told
    with pytest.raises(Rejected, match="answered before"):
        await chat.answer(question.id, True)
    assert await chat.stale() == stale
    await chat.say("just scene 2 then", call("make_film", scenes=["2"]), says("Made."))
    assert {number for number in await chat.stale() if number.startswith("2")} == set()


async def _refuses(chat: Chat) -> None:
    """What is not right is refused, and said."""
    told = await chat.say("delete the project", call("delete_project", really=True), says("I cannot."))
    assert "there is no tool delete_project" in told
    told = await chat.say("lens 9000", call("set_lens", shot="4M", focal_mm=9000), says("Too long."))
    assert "focal_mm" in told
    await chat.say("shot 44?", call("show_shot", shot="44Z"), says("No such shot."))
    assert "there is no shot 44Z" in chat.refusals[0]
    told = await chat.say("put Milo in it", call("set_subjects", shot="4B", people=["Milo"]), says("He is not in."))
    assert "is nobody who is on the set then: NORA is" in told


async def _goes_back(chat: Chat, first: Film) -> None:
    """The rest of the edits, and back to the beginning."""
    await chat.say(
        "lower", call("set_angle", shot="4M", angle="low angle"), call("set_lens", shot="4M", focal_mm=28), says(".")
    )
    told = await chat.say("drop 4N", call("omit_shot", shot="4N"), says("Dropped."))
    assert "4N is left out" in told
    await chat.say(
        "describe 1A as dust in the light", call("describe_shot", shot="1A", text="Dust in the light"), says(".")
    )
    assert "to be made again: none" in chat.told
    count = len(chat.edits())
    await chat.say("undo it all", *[call("undo_edit") for _ in range(count)], says("As at the start."))
    assert chat.edits() == []
    assert differing(first, await chat.film()) == set()
    assert await chat.film() == first


async def test_an_approved_build_is_made(chat):
    chat.limits = Limits(gpu_s=0, usd=0, cpu_s=0)
    await chat.say("make 2A", call("make_film", shots=["2A"]), says("unheard"))
    assert "2A" in await chat.stale()
    told = await chat.answer(chat.open.id, True, says("There."))
    assert "made: 2A" in told
    assert "2A" not in await chat.stale()


async def test_nothing_is_said_while_a_question_is_open(chat):
    chat.limits = Limits(gpu_s=0, usd=0, cpu_s=0)
    await chat.say("make 2A", call("make_film", shots=["2A"]), says("unheard"))
    with pytest.raises(Rejected, match="answer its question first"):
        await chat.say("and 2B", says("unheard"))
    with pytest.raises(Rejected, match="there is no open question 7"):
        await chat.answer("7", True)


async def test_a_previs_that_shall_go_on_from_another_is_not_made_again(chat):
    await chat.say("make 7A, 7B", call("make_film", shots=["7A", "7B"]), says("Made."))
    told = await chat.say("let 7B go on from there", call("continue_shot", shot="7B"), says("It will."))
    assert "7B: goes on from no other -> 7A" in told
    assert "to be made again: none" in told
    assert not {"7A", "7B"} & set(await chat.stale())
    assert (await chat.film()).shot("7B").shot.continues == (await chat.film()).shot("7A").shot.id
    assert "1  7B: goes on from 7A" in await chat.say("edits", call("list_edits"), says("One."))
    await chat.say("7A too", call("continue_shot", shot="7A"), says("It is the first."))
    assert "first shot of its scene" in chat.refusals[0]
    await chat.say("then from 7C", call("continue_shot", shot="7B", source="7C"), says("That comes later."))
    assert "comes before it in its scene" in chat.refusals[0]


async def test_an_edit_of_one_shot_makes_that_one_stale_and_no_other(chat):
    await chat.say("make scene 7", call("make_film", scenes=["7"]), says("Made."))
    assert not [number for number in await chat.stale() if number.startswith("7")]
    await chat.say("slower", call("set_length", shot="7B", factor=2), says("Slower."))
    stale = {number: why for number, why in (await chat.stale()).items() if number.startswith("7")}
    assert list(stale) == ["7B"]
    assert "length 30 became 60 frames" in stale["7B"]


async def test_edits_survive_an_edit_of_the_script_and_what_is_gone_is_listed(chat):
    await chat.say("slower", call("set_length", shot="4M", factor=1.5), says("."))
    await chat.say("lower", call("set_angle", shot="8C", angle="low"), says("."))
    slow = (await chat.film()).shot("4M").shot
    head, _, _ = chat.text.rpartition("INT. TAXI - NIGHT (MOVING)")
    chat.text = head.replace("Kitchen's closed.", "Kitchen is closed. Has been for an hour.")
    assert slow in [
        placed.shot.model_copy(update={"first_line": slow.first_line, "last_line": slow.last_line})
        for placed in (await chat.film()).placed
    ]
    told = await chat.say("edits", call("list_edits"), says("One is homeless."))
    assert "2  " in told
    assert "its scene is no longer in the script" in told
    chat.text = chat.text + "INT. TAXI - NIGHT (MOVING)\n\nNobody.\n"
    assert [left.id for left in await chat.desk.left()] == [2]


async def test_a_shot_that_is_counted_anew_is_told_by_both_its_numbers(chat):
    before = {placed.shot.id: placed.number for placed in (await chat.film()).scene("4")}
    told = await chat.say("break scene 4 into 6, tension")
    film = await chat.film()
    renamed = re.findall(r"^(\w+) \(was (\w+)\): ", told, re.M)
    assert renamed
    assert all(before[film.shot(now).shot.id] == was != now for now, was in renamed)


async def test_a_turn_that_breaks_as_nobody_foresaw_ends_and_the_next_one_is_heard(chat):
    def broken() -> None:
        raise ZeroDivisionError

    desk = replace(chat.desk, planner=broken)
    async with conversation(chat.project, desk, None, NO_LIMITS, lambda _said: None) as talk:
        with pytest.raises(FaultError, match="ZeroDivisionError"):
            await talk.say("slower 4M")
    assert "edit 1" in await chat.say("slower 4M")
    assert [event.data["code"] for event in chat.project.happened(EventType.CALL_FAILED)] == ["bug"]
