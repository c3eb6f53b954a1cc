"""A thread as server-sent events and page by page, with a real server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.live.conftest import new_film, note, write


class Sent(NamedTuple):
    """An event of the stream, as a browser has it."""

    id: str | None
    event: str
    data: dict[str, Any]


@contextmanager
def stream(client, film: str, **asked: Any) -> Iterator[Iterator[Sent]]:
    """The events of a thread; comments, which keep the connection open, are not among them."""
    with client.stream("GET", f"/api/threads/{film}/events", **asked) as response:
        response.raise_for_status()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield _events(response.iter_lines())


def _events(lines: Iterator[str]) -> Iterator[Sent]:
    fields: dict[str, str] = {}
    for line in lines:
        if not line and fields:
            yield Sent(fields.get("id"), fields["event"], json.loads(fields["data"]))
            fields = {}
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value


def numbers(events: Iterator[Sent], most: int) -> list[int]:
    return [int(next(events).id or 0) for _ in range(most)]


def test_what_was_and_what_is_come_with_their_numbers(server, client, film):
    write(server, film, note(0), note(1))
    with stream(client, film) as events:
        assert numbers(events, 2) == [1, 2]
        write(server, film, note(2))
        third = next(events)
        assert (third.id, third.event, third.data["seq"]) == ("3", "updates", 3)


def test_a_browser_that_comes_back_goes_on_after_its_last_event(server, client, film):
    write(server, film, *map(note, range(5)))
    with stream(client, film, params={"since": 1}, headers={"Last-Event-ID": "3"}) as events:
        assert numbers(events, 2) == [4, 5]


def test_an_unknown_number_is_said_to_be_missed(server, client, film):
    write(server, film, note(0))
    with stream(client, film, params={"since": 50}) as events:
        missed, values = next(events), next(events)
        assert (missed.event, missed.id, missed.data["params"]["data"]["since"]) == ("missed", "1", 50)
        assert (values.event, values.data["params"]["data"]["applied_through_seq"]) == ("values", 1)
        write(server, film, note(1))
        assert numbers(events, 1) == [2]


def test_channels_choose_what_comes(server, client):
    film = new_film(client)
    write(server, film, note(0))
    with stream(client, film, params={"channels": ["lifecycle"]}) as events:
        asked = threading.Thread(
            target=client.post, args=("/api/episodes",), kwargs={"json": {"project_id": film, "plan_only": True}}
        )
        asked.start()
        assert {next(events).event for _ in range(2)} == {"lifecycle"}
        asked.join()


def test_the_log_comes_in_pages_that_fit_together(server, client, film):
    write(server, film, *map(note, range(7)))
    seen: list[int] = []
    since: int | None = 0
    while since is not None:
        page = client.get(f"/api/threads/{film}/log", params={"since": since, "limit": 3}).json()
        seen += [item["seq"] for item in page["items"]]
        since = page["next"]
    assert seen == list(range(1, 8))
    assert page["newest"] == 7


def test_a_film_that_is_not_there_has_no_thread(client):
    for path in ("events", "log", "state"):
        assert client.get(f"/api/threads/nobody/{path}").status_code == 404
