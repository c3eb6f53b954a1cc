"""A script in, an episode out: queued, priced, approved, made, cancelled, tried again."""

from __future__ import annotations

import time
import uuid

import pytest

from tests.service.conftest import SCRIPT

SMALL = {"width": 96, "height": 64}
OTHER = SCRIPT.replace("Not tonight.", "Not this year.")
ENDED = ("finished", "failed", "cancelled")


def ask(client, key: str = "", status: int = 202, **fields):
    headers = {"Idempotency-Key": key} if key else {}
    answer = client.post("/api/episodes", json={"script": SCRIPT, **SMALL, **fields}, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


def until(client, episode, *states: str, seconds: float = 120.0):
    end = time.monotonic() + seconds
    while True:
        now = client.get(f"/api/episodes/{episode['id']}").json()
        if now["state"] in states:
            return now
        assert now["state"] not in ENDED, now
        assert time.monotonic() < end, now
        time.sleep(0.05)


def answer(client, episode, *, yes: bool, question: str | None = None):
    asked = {"question": question or episode["question"]["id"], "yes": yes}
    return client.post(f"/api/episodes/{episode['id']}/answer", json=asked)


@pytest.fixture(scope="module")
def made(client):
    return until(client, ask(client, auto_approve=True, name="Made"), "finished")


def test_an_episode_that_costs_nothing_is_made_at_once_with_all_its_files(made):
    names = set(made["files"])
    assert {"film.mp4", "film.srt", "film.otio", "storyboard.pdf", "shotlist.csv"} <= names
    assert any(name.startswith("takes/1A") for name in names)


def test_the_same_script_again_is_the_same_film_without_a_second_of_work(client, made):
    again = until(client, ask(client, auto_approve=True, project_id=made["project_id"]), "finished")
    assert again["files"] == made["files"]
    events = client.get(f"/api/projects/{made['project_id']}/runs/{again['run_id']}/events").json()["items"]
    assert next(event for event in events if event["type"] == "quote.ready")["data"]["todo"] == []


def test_an_episode_without_auto_approval_waits_with_its_price_and_goes_on_with_a_yes(client):
    script = SCRIPT.replace("Then when?", "Ask me again tomorrow.")
    waits = until(client, ask(client, name="Asked", script=script), "waiting")
    offer = waits["question"]["offer"]
    assert offer["shots"] > 0
    assert offer["cpu_seconds"] > 0
    assert offer["usd"] == 0
    assert answer(client, waits, yes=True).status_code == 200
    done = until(client, waits, "finished")
    assert "film.mp4" in done["files"]
    second = answer(client, waits, yes=True)
    assert (second.status_code, second.json()["code"]) == (409, "answered_before")


def test_a_no_ends_it_and_nothing_is_made(client):
    script = SCRIPT.replace("Then when?", "Never then.")
    waits = until(client, ask(client, name="Refused", script=script), "waiting")
    assert answer(client, waits, yes=False).json()["state"] == "cancelled"
    assert client.get(f"/api/projects/{waits['project_id']}/jobs").json()["items"] == []


def test_a_question_that_nobody_asked_is_not_answered(client):
    waits = until(client, ask(client, name="Wrong question"), "waiting")
    assert answer(client, waits, yes=True, question="another").status_code == 404
    assert until(client, waits, "waiting")["question"] == waits["question"]


def test_a_request_with_a_key_is_done_once_and_answered_alike(client):
    key = uuid.uuid4().hex
    first, second = (ask(client, key, name="Once", plan_only=True) for _ in range(2))
    assert first["id"] == second["id"]
    refused = ask(client, key, 422, name="Other")
    assert refused["code"] == "key_reused"


def test_a_cancelled_episode_keeps_what_is_made_and_can_be_made_again(client):
    script = SCRIPT.replace("A dog barks.", "A dog barks and barks.")
    episode = ask(client, name="Cancelled", script=script, auto_approve=True)
    until(client, episode, "making")
    assert client.post(f"/api/episodes/{episode['id']}/cancel").status_code == 200
    until(client, episode, "cancelled")
    assert client.post(f"/api/episodes/{episode['id']}/cancel").json()["code"] == "wrong_state"
    again = client.post(f"/api/episodes/{episode['id']}/retry").json()
    assert again["attempt"] == 2
    assert "film.mp4" in until(client, again, "finished")["files"]


def test_after_an_edit_of_the_script_only_what_changed_is_made(client, made):
    edited = ask(client, script=OTHER, project_id=made["project_id"], auto_approve=True)
    done = until(client, edited, "finished")
    events = client.get(f"/api/projects/{made['project_id']}/runs/{done['run_id']}/events").json()["items"]
    quote = next(event for event in events if event["type"] == "quote.ready")["data"]
    assert quote["current"] > 0
    assert len(quote["todo"]) >= 1
    reasons = {reason for item in quote["todo"] for reason in item["reasons"]}
    assert any(reason.startswith("length") for reason in reasons), reasons


def test_the_medic_makes_a_size_legal_that_no_engine_can_do(client):
    done = until(client, ask(client, name="Odd", width=97, height=65, auto_approve=True), "finished")
    events = client.get(f"/api/projects/{done['project_id']}/runs/{done['run_id']}/events").json()["items"]
    (change, *_) = next(event for event in events if event["type"] == "call.repaired")["data"]["changes"]
    assert change["before"] in (97, 65)
    assert change["after"] % 2 == 0


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"script": "no heading here"}, 422, "has no scene heading"),
        ({"script": None}, 422, "send a script, or the project_id"),
        ({"width": 10}, 422, "body.width"),
        ({"fps": "fast"}, 422, "fps"),
        ({"project_id": "nobody"}, 404, "there is no film nobody"),
        ({"scenes": [3, 2]}, 422, "the first is from 1"),
        ({"shots": ["1A"]}, 422, "say with quality or engine"),
    ],
)
def test_bad_input_gets_a_sentence(client, fields, status, says):
    told = ask(client, status=status, **fields)
    assert says in told["detail"]


@pytest.mark.parametrize(
    ("fields", "status", "path", "says"),
    [
        ({"script": "no heading here"}, 422, "body.script", "has no scene heading"),
        ({"script": " \n"}, 422, "body.script", "is empty"),
        ({"engine": "magic"}, 404, "body.engine", "engine magic: no engine of that name does generate_shot; there are"),
        ({"engine": "tone"}, 404, "body.engine", "previs"),
        ({"quality": "final"}, 404, "body.quality", "quality final"),
        ({"engine": "previs", "quality": "draft"}, 422, "body.engine", "engine previs makes previs, not draft"),
        ({"planner": "magic"}, 422, "body.planner", "'offline' or 'minimax'"),
        ({"planner": "minimax"}, 422, "body.planner", "set MINIMAX_API_KEY"),
        ({"scenes": [3, 4]}, 404, "body.scenes", "scenes 3-4: the script has scenes 1 to 2"),
        ({"fps": "fast"}, 422, "body.fps", "fps 'fast'"),
    ],
)
def test_what_cannot_be_made_is_refused_by_its_field_and_leaves_nothing(client, fields, status, path, says):
    before = standing(client)
    told = ask(client, status=status, **fields)
    assert ([error["path"] for error in told["errors"]], says in told["detail"]) == ([path], True), told
    assert "--" not in told["detail"]
    assert standing(client) == before


def standing(client):
    """The ids of the films and of the episodes that there are."""
    lists = [client.get(path, params={"limit": 200}).json()["items"] for path in ("/api/projects", "/api/episodes")]
    return [[item["id"] for item in items] for items in lists]


def test_scenes_that_the_newest_script_has_not_are_refused_too(client, film):
    refused = ask(client, status=404, script=None, project_id=film.rpartition("/")[2], scenes=[3, 3])
    assert (refused["code"], refused["errors"][0]["path"]) == ("no_such_scenes", "body.scenes")


def test_shots_that_the_plan_has_not_are_told_in_words_of_the_request(client):
    failed = until(client, ask(client, quality="previs", shots=["9Z"], name="No such shot"), "failed")
    assert failed["problem"]["code"] == "no_such_shots"
    assert failed["problem"]["message"].startswith("shots 9Z: the film has shots 1A")


def test_episodes_are_listed_newest_first_page_by_page(client, made):
    names = [ask(client, name=f"Page {number}", plan_only=True)["id"] for number in range(3)]
    first = client.get("/api/episodes", params={"limit": 2}).json()
    assert [item["id"] for item in first["items"]] == names[:0:-1]
    second = client.get("/api/episodes", params={"limit": 2, "after": first["next"]}).json()
    assert second["items"][0]["id"] == names[0]
    of_film = client.get("/api/episodes", params={"project_id": made["project_id"]}).json()["items"]
    assert {item["project_id"] for item in of_film} == {made["project_id"]}


def test_a_film_is_made_again_in_the_size_that_it_had(client, made):
    again = client.post("/api/episodes", json={"project_id": made["project_id"], "auto_approve": True}).json()
    done = until(client, again, "finished")["files"]
    assert done["takes/1A.mp4"] == made["files"]["takes/1A.mp4"]


def test_making_an_older_script_again_leaves_the_newest_the_newest_and_pasting_it_does_not(client):
    first = until(client, ask(client, plan_only=True, name="Older"), "finished")
    path = f"/api/projects/{first['project_id']}/scripts"
    client.post(path, json={"text": OTHER}).raise_for_status()
    waits = until(client, ask(client, project_id=first["project_id"], script=SCRIPT), "waiting")
    assert [item["number"] for item in client.get(path).json()["items"]] == [3, 2, 1]
    client.post(path, json={"text": OTHER}).raise_for_status()
    answer(client, waits, yes=False)
    client.post(f"/api/episodes/{waits['id']}/retry").raise_for_status()
    until(client, waits, "waiting")
    assert [item["number"] for item in client.get(path).json()["items"]] == [4, 3, 2, 1]
