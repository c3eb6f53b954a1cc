"""Breakdowns over HTTP: elements, decisions about them, and who is the same."""

from __future__ import annotations

import pytest

from tests.service.conftest import SCRIPT

TWO_NAMES = """\
INT. KITCHEN - NIGHT

ANNA (40s) looks at the red car through the window. An old sedan stops behind it.

ANNA
Not tonight.
"""


def broken(client, film, **more):
    made = client.post("/api/agent/breakdown", json={"project_id": film.rpartition("/")[2], **more})
    assert made.status_code == 201, made.text
    return made.json()


def elements(client, film, **which):
    return client.get(f"{film}/elements", params=which).json()["items"]


def decide(client, film, element, status):
    path = f"{film}/elements/{element['id']}"
    match = {"If-Match": client.get(path).headers["etag"]}
    return client.patch(path, json={"status": status}, headers=match)


def test_a_pasted_script_begins_a_film_and_is_broken_down(client):
    made = client.post("/api/agent/breakdown", json={"script": SCRIPT, "name": "The Kettle"})
    assert made.status_code == 201
    kitchen, yard = made.json()["scenes"]
    assert (kitchen["number"], kitchen["heading"], kitchen["cast"]) == ("1", "INT. KITCHEN - NIGHT", ["ANNA", "BEN"])
    assert "dog" in [item["name"] for item in yard["elements"]]
    assert {item["status"] for item in kitchen["elements"]} == {"pending"}
    listed = client.get(made.headers["location"], params={"limit": 200}).json()["items"]
    assert listed == [*kitchen["elements"], *yard["elements"]]


def test_it_needs_a_script(client):
    nothing = client.post("/api/agent/breakdown", json={"planner": "offline"})
    assert (nothing.status_code, nothing.json()["code"]) == (422, "invalid_request")
    empty = client.post("/api/projects", json={"name": "empty"}).json()["id"]
    none = client.post("/api/agent/breakdown", json={"project_id": empty})
    assert (none.status_code, none.json()["code"]) == (404, "no_such_script")


def test_a_model_without_a_key_is_refused_with_what_to_do(client, film):
    answer = client.post("/api/agent/breakdown", json={"project_id": film.rpartition("/")[2], "planner": "minimax"})
    assert answer.status_code == 422
    assert "MINIMAX_API_KEY" in answer.json()["detail"]


@pytest.mark.parametrize("wrong", [{"script": "no heading here"}, {"planner": "minimax"}])
def test_what_is_refused_leaves_no_film(client, wrong):
    before = client.get("/api/projects", params={"limit": 200}).json()
    answer = client.post("/api/agent/breakdown", json={"script": SCRIPT, **wrong})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, f"body.{next(iter(wrong))}")
    assert client.get("/api/projects", params={"limit": 200}).json() == before


def test_elements_are_listed_by_scene_category_and_in_pages(client, film):
    broken(client, film)
    whole = elements(client, film)
    assert [item["name"] for item in elements(client, film, category="Cast", scene="1")] == ["ANNA", "BEN"]
    assert elements(client, film, scene=whole[0]["scene_id"]) == [item for item in whole if item["scene"] == "1"]
    first = client.get(f"{film}/elements", params={"limit": 3}).json()
    rest = client.get(f"{film}/elements", params={"after": first["next"]}).json()
    assert first["items"] + rest["items"] == whole
    assert elements(client, film, after="9" * 100) == []


def test_a_decision_holds_over_the_next_breakdown(client, film):
    broken(client, film)
    cup = next(item for item in elements(client, film) if "cup" in item["name"])
    assert decide(client, film, cup, "rejected").json()["status"] == "rejected"
    broken(client, film)
    assert elements(client, film, status="rejected") == [{**cup, "status": "rejected"}]
    broken(client, film, script="EXT. SEA - DAY\n\nWaves break.\n")
    (kept,) = elements(client, film, status="rejected")
    assert (kept["name"], kept["scene"]) == (cup["name"], "")


def test_a_lost_decision_is_refused(client, film):
    broken(client, film)
    element = elements(client, film)[0]
    path = f"{film}/elements/{element['id']}"
    seen = client.get(path).headers["etag"]
    assert client.patch(path, json={"status": "approved"}, headers={"If-Match": seen}).status_code == 200
    late = client.patch(path, json={"status": "rejected"}, headers={"If-Match": seen})
    assert (late.status_code, client.get(path).json()["status"]) == (412, "approved")
    assert client.patch(path, json={"status": "rejected"}).status_code == 428
    assert client.patch(path, json={"status": "perhaps"}, headers={"If-Match": "*"}).status_code == 422


def test_an_element_of_another_film_is_not_there(client, film):
    broken(client, film)
    element = elements(client, film)[0]
    other = client.post("/api/projects", json={"name": "other"}).json()["id"]
    path = f"/api/projects/{other}/elements/{element['id']}"
    assert client.get(path).status_code == 404
    assert client.patch(path, json={"status": "approved"}, headers={"If-Match": "*"}).status_code == 404


def test_what_a_person_says_is_the_same_is_one_element(client, film):
    broken(client, film, script=TWO_NAMES)
    vehicles = [item["name"] for item in elements(client, film, category="Vehicles")]
    assert vehicles == ["red car", "old sedan"]
    before = client.get(f"{film}/aliases")
    assert before.json() == {"groups": [], "said": False, "read": []}
    group = {"category": "Vehicles", "kept_as": "red car", "same": ["old sedan"]}
    match = {"If-Match": before.headers["etag"]}
    said = client.put(f"{film}/aliases", json={"groups": [group]}, headers=match)
    assert said.json() == {"groups": [group], "said": True, "read": []}
    assert client.get(f"{film}/aliases").headers["etag"] == said.headers["etag"]
    broken(client, film)
    assert [item["name"] for item in elements(client, film, category="Vehicles")] == ["red car"]
    late = client.put(f"{film}/aliases", json={"groups": []}, headers=match)
    assert late.status_code == 412
    forgotten = client.delete(f"{film}/aliases", headers={"If-Match": said.headers["etag"]})
    assert forgotten.json() == before.json()
    broken(client, film)
    assert [item["name"] for item in elements(client, film, category="Vehicles")] == vehicles


def test_who_is_said_to_be_two_is_refused(client, film):
    groups = [{"category": "Cast", "kept_as": name, "same": ["THE WOMAN"]} for name in ("ANNA", "BEN")]
    answer = client.put(f"{film}/aliases", json={"groups": groups}, headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unclear")
    assert "THE WOMAN (Cast)" in answer.json()["detail"]


def test_what_the_rules_read_as_one_is_told(client, film):
    script = "INT. BAR - DAY\n\nJACK DOLAN (50) enters.\n\nJACK\nA beer.\n"
    broken(client, film, script=script)
    (group,) = client.get(f"{film}/aliases").json()["read"]
    assert group == {"category": "Cast", "kept_as": "JACK", "same": ["JACK DOLAN"]}
