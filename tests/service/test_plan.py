"""The plan over HTTP: its shots, its edits, and what a build would make."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from storage.configured import service_store
from storage.project import open_project
from vibeboard.settings import Settings

CLOSER = {"kind": "size", "scene_id": "1", "shot_id": "1A", "size": "CU"}


def edit(client, film, change, match="*", **headers):
    return client.post(f"{film}/edits", json=change, headers={"If-Match": match, **headers})


def shot(client, film, which):
    return client.get(f"{film}/shots/{which}").json()


def test_the_shots_of_a_script_are_there_before_anything_is_made(client, film):
    shots = client.get(f"{film}/shots").json()["items"]
    assert [item["number"] for item in shots][:2] == ["1A", "1B"]
    assert {item["scene"] for item in shots} == {"1", "2"}
    assert {item["standing"] for item in shots} == {"missing"}
    spoken = [line["text"] for item in shots for line in item["lines"]]
    assert spoken == ["Not tonight.", "Then when?"]
    starts = [item["start"] for item in shots]
    assert starts == [sum(item["frames"] for item in shots[:place]) for place in range(len(shots))]


def test_a_shot_is_read_by_its_number_and_by_its_id(client, film):
    first = shot(client, film, "1A")
    assert shot(client, film, first["id"]) == first == shot(client, film, "1a")
    assert client.get(f"{film}/shots/9Z").status_code == 404


def test_shots_come_in_pages_and_by_scene(client, film):
    whole = client.get(f"{film}/shots").json()["items"]
    first = client.get(f"{film}/shots", params={"limit": 2}).json()
    rest = client.get(f"{film}/shots", params={"after": first["next"], "limit": 200}).json()
    assert first["items"] + rest["items"] == whole
    assert rest["next"] is None
    of_scene = client.get(f"{film}/shots", params={"scene": "2"}).json()["items"]
    assert of_scene == [item for item in whole if item["scene"] == "2"]
    assert client.get(f"{film}/shots", params={"after": "gone"}).status_code == 404


def test_a_film_without_a_script_has_no_shots_yet(client):
    empty = client.post("/api/projects", json={"name": "empty"}).json()["id"]
    answer = client.get(f"/api/projects/{empty}/shots")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_script")


def test_an_edit_changes_its_shot_and_says_how(client, film):
    before = shot(client, film, "1A")
    made = edit(client, film, CLOSER)
    assert made.status_code == 201
    changed = made.json()
    assert changed["shots"] == ["1A"]
    assert "1A: size " in changed["differences"][0]
    after = shot(client, film, "1A")
    assert (before["id"], after["size"]) == (after["id"], "CU")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({**CLOSER, "shot_id": "9Z"}, 404, "no_such_shot"),
        ({**CLOSER, "scene_id": "2"}, 422, "edit_unfit"),
        ({**CLOSER, "size": "HUGE"}, 422, "invalid_request"),
        ({"kind": "subjects", "scene_id": "1", "shot_id": "1A", "subjects": ["NOBODY"]}, 422, "edit_unfit"),
        ({"kind": "coverage", "scene_id": "9", "tension": 1}, 404, "no_such_scene"),
        ({"kind": "explode", "scene_id": "1"}, 422, "invalid_request"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused_and_not_kept(client, film, change, status, code):
    answer = edit(client, film, change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert client.get(f"{film}/edits").json()["items"] == []


def test_edits_are_undone_and_done_again(client, film):
    size = shot(client, film, "1A")["size"]
    number = edit(client, film, CLOSER).json()["id"]
    undone = client.post(f"{film}/edits/undo", headers={"If-Match": "*"})
    assert (undone.json()["id"], shot(client, film, "1A")["size"]) == (number, size)
    (entry,) = client.get(f"{film}/edits").json()["items"]
    assert (entry["active"], entry["edit"]["size"], entry["author"]) == (False, "CU", "person")
    again = client.post(f"{film}/edits/redo", json={"edit": number}, headers={"If-Match": undone.headers["etag"]})
    assert (again.status_code, shot(client, film, "1A")["size"]) == (200, "CU")
    assert client.post(f"{film}/edits/redo", headers={"If-Match": "*"}).status_code == 404


def test_a_lost_update_of_the_edits_is_refused(client, film):
    seen = client.get(f"{film}/edits").headers["etag"]
    assert edit(client, film, CLOSER, match=seen).headers["etag"] != seen
    lens = {"kind": "lens", "scene_id": "1", "shot_id": "1A", "focal_mm": 85}
    for late in (
        edit(client, film, lens, match=seen),
        client.post(f"{film}/edits/undo", headers={"If-Match": seen}),
        edit(client, film, lens, match='"edits-' + "9" * 5000 + '"'),
    ):
        assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert client.post(f"{film}/edits", json=lens).status_code == 428
    assert len(client.get(f"{film}/edits").json()["items"]) == 1


def test_of_several_who_change_what_they_read_at_once_one_does(server, client, film):
    seen = client.get(f"{film}/edits").headers["etag"]
    lenses = [{"kind": "lens", "scene_id": "1", "shot_id": "1A", "focal_mm": 20 + 10 * at} for at in range(6)]
    with server.client() as other, ThreadPoolExecutor(len(lenses)) as at_once:
        done = sorted(at_once.map(lambda lens: edit(other, film, lens, match=seen).status_code, lenses))
    assert done == [201] + [412] * (len(lenses) - 1)
    assert len(client.get(f"{film}/edits").json()["items"]) == 1


def test_an_edit_that_is_sent_twice_under_a_key_is_made_once(client, film):
    seen = client.get(f"{film}/edits").headers["etag"]
    headers = {"Idempotency-Key": f"closer {film}"}
    first, second = (edit(client, film, CLOSER, match=seen, **headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.headers["etag"] == second.headers["etag"] == client.get(f"{film}/edits").headers["etag"]


def test_a_quote_says_what_a_build_would_make_and_makes_nothing(client, film):
    quote = client.get(f"{film}/quote").json()
    shots = client.get(f"{film}/shots").json()["items"]
    assert [item["number"] for item in quote["shots"]] == [item["number"] for item in shots]
    assert {tuple(item["reasons"]) for item in quote["shots"]} == {("new",)}
    assert quote["offer"]["shots"] == len(shots)
    assert quote["offer"]["cpu_seconds"] > 0
    assert (quote["current"], quote["offer"]["gpu_seconds"], quote["offer"]["usd"]) == (0, 0, 0)
    one = client.get(f"{film}/quote", params={"shots": ["1B"]}).json()
    assert [item["number"] for item in one["shots"]] == ["1B"]
    assert client.get(f"{film}/jobs").json()["items"] == []


def test_a_quote_names_the_edits_that_do_not_fit_a_new_script(client, film):
    number = edit(client, film, CLOSER).json()["id"]
    other = "EXT. SEA - DAY\n\nWaves break.\n"
    client.post(f"{film}/scripts", json={"text": other}).raise_for_status()
    (left,) = client.get(f"{film}/quote").json()["left"]
    assert left == {"id": number, "why": "its scene is no longer in the script"}


def test_a_film_that_another_process_has_open_is_refused_without_a_word_of_this_machine(server, client, film):
    with closing(service_store(server.home, Settings())) as store, open_project(store, film.rpartition("/")[2]):
        refused = client.get(f"{film}/shots")
    assert (refused.status_code, refused.json()["code"]) == (409, "project_busy")
    assert "another process works on this film" in refused.json()["detail"]
    assert str(server.home) not in refused.text
    assert client.get(f"{film}/shots").status_code == 200
