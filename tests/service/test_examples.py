"""The examples in the OpenAPI document, each sent to a service with a film that was made; and what else the document
says of every operation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpx2
import pytest
import schemathesis
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.service.conftest import SCRIPT, Server, issued, serving
from tools.declare import example_asset

FIRST = ("activate_take", "make_edit", "break_down", "begin_project", "link_asset", "make_token", "answer")
LAST = (
    *("forget_aliases", "undo_edit", "redo_edit", "pause_queue", "call_speak_line", "reorder_job", "cancel_job"),
    *("answer_episode", "cancel_episode", "retry_episode", "revoke_token", "delete_project"),
)
"""Whose examples need what others make, or take it away. While the queue is paused, what is asked for stays there."""
ELSEWHERE = {"fetch_asset"}
"""No host may be fetched from here, and that of the example is nobody's."""
NEVER_ENDS = {"follow_thread"}
ENDED = ("finished", "failed", "cancelled")
PATIENCE_S = 300
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("examples") / "home", "--tokens") as server:
        yield server


@pytest.fixture(scope="module")
def anna(served) -> Iterator[httpx2.Client]:
    with served.client(Authorization=f"Bearer {issued(served, 'anna')}") as client:
        yield client


@pytest.fixture(scope="module")
def schema(served):
    return schemathesis.openapi.from_url(f"{served.url}/openapi.json")


@pytest.fixture(scope="module")
def operations(schema) -> dict[str, Any]:
    found = [result.ok() for result in schema.get_all_operations()]
    return {operation.definition.raw["operationId"]: operation for operation in found}


@pytest.fixture(scope="module")
def there(anna) -> dict[str, Any]:
    """What the examples are about: a film that was made, of a width that the Medic had to mend, and two episodes that
    wait for a person."""
    made = until(anna, asked(anna, width=97, auto_approve=True), "finished")
    waiting = [until(anna, asked(anna, name=name), "waiting") for name in ("one", "two")]
    film = f"/api/projects/{made['project_id']}"
    lists = {name: anna.get(f"{film}/{name}").json()["items"] for name in ("scripts", "jobs", "repairs", "shots")}
    return {"made": made, "waiting": waiting, **{name: items[0] for name, items in lists.items()}}


def asked(client: httpx2.Client, **fields: Any) -> dict[str, Any]:
    return client.post("/api/episodes", json={"script": SCRIPT, "width": 96, "height": 64, **fields}).json()


def until(client: httpx2.Client, episode: dict[str, Any], state: str) -> dict[str, Any]:
    path = f"/api/episodes/{episode['id']}"

    def there() -> bool:
        now = client.get(path).json()
        assert now["state"] == state or now["state"] not in ENDED, now
        return now["state"] == state

    eventually(there, f"the episode is {state}")
    return client.get(path).json()


def eventually(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"not after {PATIENCE_S} s: {what}"
        time.sleep(0.1)


def ids(there: dict[str, Any]) -> dict[str, Any]:
    """Path parameters that lead to what is there."""
    made, number = there["made"], there["scripts"]["number"]
    return {
        "project_id": made["project_id"],
        "episode_id": made["id"],
        "run_id": made["run_id"],
        "name": "film.mp4",
        "sha256": made["files"]["film.mp4"],
        "shot_id": there["shots"]["number"],
        "number": number,
        "other": number,
        "key": there["jobs"]["key"],
        "repair_id": there["repairs"]["id"],
    }


def ids_of(name: str, there: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """Path parameters of the operations that are about something else."""
    one, two = there["waiting"]
    if name in ("answer_episode", "cancel_episode", "retry_episode"):
        return {"episode_id": one["id"]}
    if name in ("answer", "say"):
        return {"project_id": two["project_id"]}
    if name == "activate_take":
        return {"key": there["shots"]["take"]["key"]}
    if name in ("reorder_job", "cancel_job"):
        return {"key": told["call_speak_line"]["key"]}
    if name in ("read_element", "decide"):
        broken = told["break_down"]
        return {"project_id": broken["project_id"], "number": broken["scenes"][0]["elements"][0]["id"]}
    if name in ("open_link", "look_at_link"):
        return {"signed": told["link_asset"]["url"].rpartition("/")[2]}
    if name == "revoke_token":
        return {"token_id": told["make_token"]["token"]["id"]}
    return {"project_id": told["begin_project"]["id"]} if name == "delete_project" else {}


def filled(name: str, body: Any, there: dict[str, Any], told: dict[str, Any]) -> Any:
    """The example with the names of what is there in place of its own."""
    one, two = there["waiting"]
    if name in ("answer_episode", "answer"):
        return {**body, "question": (one if name == "answer_episode" else two)["question"]["id"]}
    if name in ("undo_edit", "redo_edit"):
        return {**body, "edit": told["make_edit"]["id"]}
    assets = {example_asset(role): ref["sha256"] for role, ref in there["shots"]["take"]["assets"].items()}
    return replaced(body, assets)


def replaced(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: replaced(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [replaced(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def bodies_of(schema, operation) -> list[tuple[str | None, Any]]:
    """Media types and examples of an operation's body: of all of it, or put together of those of its fields."""
    found: list[tuple[str | None, Any]] = []
    for media, body in operation.definition.raw.get("requestBody", {}).get("content", {}).items():
        wholes = [item["value"] for item in body.get("examples", {}).values()]
        wholes += body["schema"].get("examples", [])
        found += [(media, whole) for whole in wholes or [joined(schema, body["schema"])]]
    return found or [(None, None)]


def joined(schema, body: dict[str, Any]) -> dict[str, Any]:
    (named,) = [item["$ref"].rpartition("/")[2] for item in (body, *body.get("anyOf", ())) if "$ref" in item]
    shape = schema.raw_schema["components"]["schemas"][named]
    example = {name: field["examples"][0] for name, field in shape["properties"].items() if "examples" in field}
    lacking = set(shape.get("required", [])) - set(example)
    assert example, f"{named} has no example"
    assert not lacking, f"{named} has no example of {lacking}"
    return example


def parameters_of(operation, place: str) -> dict[str, Any]:
    known = [item for item in operation.definition.raw.get("parameters", []) if item["in"] == place]
    return {item["name"]: item["schema"]["examples"][0] for item in known if "examples" in item["schema"]}


def case_of(operation, path: dict[str, Any], media: str | None, body: Any):
    named = [item["name"] for item in operation.definition.raw.get("parameters", []) if item["in"] == "path"]
    return operation.Case(
        path_parameters={name: path[name] for name in named},
        query=parameters_of(operation, "query"),
        headers=parameters_of(operation, "header"),
        **({"body": body, "media_type": media} if media else {}),
    )


def wait_for(client: httpx2.Client, name: str, there: dict[str, Any], told: dict[str, Any]) -> None:
    """What an answer of before has only begun."""
    if name == "retry_episode":
        until(client, there["waiting"][0], "cancelled")
    if name == "reorder_job":
        path = f"/api/projects/{there['made']['project_id']}/jobs/{told['call_speak_line']['key']}"
        eventually(lambda: client.get(path).status_code == 200, "the job is in the queue")


def in_order(names: Iterable[str]) -> list[str]:
    return [*FIRST, *(name for name in names if name not in FIRST + LAST), *LAST]


def test_every_example_of_the_document_is_answered_as_it_says(anna, schema, operations, there, subtests):
    told: dict[str, Any] = {}
    headers = {"Authorization": anna.headers["Authorization"]}
    for name in in_order(name for name in operations if name not in NEVER_ENDS | ELSEWHERE):
        wait_for(anna, name, there, told)
        for media, body in bodies_of(schema, operations[name]):
            with subtests.test(name):
                path = ids(there) | ids_of(name, there, told)
                case = case_of(operations[name], path, media, filled(name, body, there, told))
                answer = case.call_and_validate(headers=headers, checks=CHECKS, timeout=120)
                assert 200 <= answer.status_code < 300, answer.text
                if case.media_type is not None:
                    told[name] = answer.json()


def test_a_thread_is_followed_as_its_document_says(anna, operations, there):
    path = operations["follow_thread"].path.format(**ids(there))
    with anna.stream("GET", path) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert next(answer.iter_lines())


def test_every_operation_says_what_it_does_and_what_it_answers(operations):
    def answers(operation) -> list[dict[str, Any]]:
        said = operation.definition.raw["responses"]
        return [answer for status, answer in said.items() if status[0] == "2" and status != "204"]

    def has_schema(answer: dict[str, Any]) -> bool:
        return bool(answer.get("content")) and all(item.get("schema") for item in answer["content"].values())

    dumb = [name for name, found in operations.items() if not found.definition.raw.get("description")]
    shapeless = [name for name, found in operations.items() if not all(map(has_schema, answers(found)))]
    assert (dumb, shapeless) == ([], [])


def test_every_problem_is_documented_as_one(operations):
    for name, found in operations.items():
        problems = {status: answer for status, answer in found.definition.raw["responses"].items() if status >= "400"}
        assert {"401", "403", "422", "429", "503"} <= set(problems), name
        if "{project_id}" in found.path or "{episode_id}" in found.path:
            assert "404" in problems, name
        assert {tuple(answer["content"]) for answer in problems.values()} == {("application/problem+json",)}, name
