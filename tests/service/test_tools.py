"""Every tool by its own route: validated, joined, kept as the film's, and no way to another film's assets."""

from __future__ import annotations

import pytest

from tests.service.conftest import serving
from tools.declare import example_asset, registry
from vibeboard.digest import sha256

LINE = registry()["speak_line"].example


@pytest.fixture(scope="module")
def project(client) -> str:
    return f"/api/projects/{client.post('/api/projects', json={'name': 'Tools'}).json()['id']}"


@pytest.fixture(scope="module")
def take(client, project) -> dict[str, str]:
    """What stands for the hashes in the examples."""
    made = call(client, project, "generate_shot", registry()["generate_shot"].example)
    return {example_asset(role): made["outputs"][role]["sha256"] for role in ("video", "scene")}


def call(client, project: str, tool: str, params, status: int = 200, **query):
    answer = client.post(f"{project}/tools/{tool}", json=params, params={"wait": 60, **query})
    assert answer.status_code == status, answer.text
    return answer.json()


def filled(value, assets):
    if isinstance(value, dict):
        return {name: filled(item, assets) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, assets) for item in value]
    return assets.get(value, value) if isinstance(value, str) else value


def test_every_tool_is_listed_with_its_parameters_and_engines(client):
    listed = {tool["name"]: tool for tool in client.get("/api/tools").json()["items"]}
    assert set(listed) == set(registry())
    assert listed["speak_line"]["params"]["properties"]["text"]["description"] == "The words, without markup"
    assert {engine["name"]: engine["why_not"] for engine in listed["speak_line"]["engines"]}["tone"] == ""


@pytest.mark.parametrize("tool", sorted(registry()))
def test_the_documented_example_of_every_tool_is_made(client, project, take, tool):
    document = client.get("/openapi.json").json()
    (example,) = document["paths"]["/api/projects/{project_id}/tools/" + tool]["post"]["requestBody"]["content"][
        "application/json"
    ]["schema"]["examples"]
    made = call(client, project, tool, filled(example, take))
    assert (made["state"], made["tool"]) == ("done", tool)
    for output in made["outputs"].values():
        content = client.get(f"{project}/assets/{output['sha256']}/content").content
        assert (sha256(content), len(content)) == (output["sha256"], output["size"])


def test_the_same_call_again_is_the_same_job_and_costs_nothing(client, project):
    made = call(client, project, "speak_line", {**LINE, "text": "Again."})
    job = client.get(f"{project}/jobs/{made['key']}").json()
    assert call(client, project, "speak_line", {**LINE, "text": "Again."}) == made
    assert client.get(f"{project}/jobs/{made['key']}").json() == job


def test_two_who_ask_at_once_get_one_job(client, project):
    params = {**LINE, "text": "At once."}
    early = call(client, project, "speak_line", params, 202, wait=0)
    made = call(client, project, "speak_line", params)
    assert early["key"] == made["key"] == made["made"]
    assert client.get(f"{project}/jobs/{made['key']}").json()["state"] == "done"


def test_a_result_that_nobody_waited_for_becomes_the_films(client, project):
    early = call(client, project, "speak_line", {**LINE, "text": "Not waited for."}, 202, wait=0)
    assert early["outputs"] == {}
    found = call(client, project, "speak_line", {**LINE, "text": "Not waited for."})
    assert found["outputs"]["audio"]["sha256"] in _names(client, project)


def _names(client, project) -> set[str]:
    listed = client.get(f"{project}/assets", params={"limit": 200, "active": True}).json()["items"]
    return {asset["sha256"] for asset in listed}


def test_what_another_film_made_is_no_input(client, project, take):
    """Its hash is known and its bytes are in the store; neither tells a film anything about another's."""
    other = f"/api/projects/{client.post('/api/projects', json={'name': 'Other'}).json()['id']}"
    params = filled(registry()["finish_segment"].example, take)
    refused = call(client, other, "finish_segment", params, 404)
    assert refused["code"] == "no_such_asset"
    absent = call(client, other, "finish_segment", registry()["finish_segment"].example, 404)
    named = [item["detail"].replace(params["take"], "").replace(absent_take(), "") for item in (refused, absent)]
    assert named[0] == named[1]


def absent_take() -> str:
    return registry()["finish_segment"].example["take"]


def test_wrong_parameters_are_named_and_nothing_is_made(client, project):
    wrong = call(client, project, "speak_line", {**LINE, "frames": 0, "pitch": 2}, 422)
    assert {error["path"] for error in wrong["errors"]} == {"body.frames", "body.pitch"}


def test_what_an_engine_cannot_do_is_mended_and_told(client, project):
    """A previs wants even sizes: the Medic gives it the nearest, and the asset says so."""
    example = registry()["generate_shot"].example
    made = call(client, project, "generate_shot", {**example, "width": 97, "seed": 8})
    assert made["made"] != made["key"]
    origin = client.get(f"{project}/assets/{made['outputs']['video']['sha256']}").json()
    (making,) = origin["made"]
    (repair,) = making["repairs"]
    assert (repair["path"], repair["before"]) == ("width", 97)
    assert making["params"]["width"] == repair["after"]


def test_an_engine_that_is_not_there_says_what_is(client, project):
    unknown = call(client, project, "speak_line", LINE, 404, engine="previs")
    assert "there are espeak, piper, tone" in unknown["detail"]
    assert call(client, project, "generate_shot", registry()["generate_shot"].example, 404, quality="final")[
        "code"
    ] == ("no_engine")


def test_a_quality_that_the_named_engine_has_not_is_refused(client, project):
    example = registry()["generate_shot"].example
    refused = call(client, project, "generate_shot", example, 422, engine="previs", quality="draft")
    assert (refused["code"], "engine previs makes previs, not draft" in refused["detail"]) == ("engine_quality", True)
    assert call(client, project, "generate_shot", example, engine="previs", quality="previs")["engine"] == "previs"


def test_a_tool_that_there_is_not_is_no_route(client, project):
    assert client.post(f"{project}/tools/make_coffee", json={}).status_code == 404


def test_a_key_gives_the_first_answer_again_and_is_documented(client, project):
    params, headers = {**LINE, "text": "Keyed."}, {"Idempotency-Key": "keyed"}
    first, again = (client.post(f"{project}/tools/speak_line?wait=60", json=params, headers=headers) for _ in range(2))
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    other = client.post(f"{project}/tools/speak_line?wait=60", json={**params, "frames": 25}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    elsewhere = client.post(f"{project}/tools/speak_line?wait=59", json=params, headers=headers)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "key_reused")
    document = client.get("/openapi.json").json()["paths"]["/api/projects/{project_id}/tools/speak_line"]["post"]
    assert "Idempotency-Key" in {parameter["name"] for parameter in document["parameters"]}


def test_a_call_that_a_crash_broke_off_is_made_when_it_is_sent_again(tmp_path):
    params = {**LINE, "text": "Broken off."}
    with serving(tmp_path / "home", "--no-workers") as served, served.client() as client:
        project = f"/api/projects/{client.post('/api/projects', json={'name': 'Crash'}).json()['id']}"
        early = call(client, project, "speak_line", params, 202, wait=0)
        served.process.kill()
        served.process.wait()
    with serving(tmp_path / "home") as served, served.client() as client:
        made = call(client, project, "speak_line", params)
        assert made["key"] == early["key"]
        assert made["outputs"]["audio"]["sha256"] in _names(client, project)
