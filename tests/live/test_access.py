"""Who is let in at a thread: by a header or the first message, to films of their own, while the token is valid."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.live.conftest import new_film, note, wired, write
from tests.service.conftest import VIBEBOARD, Server, serving


@pytest.fixture(scope="module")
def guarded(tmp_path_factory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("guarded") / "home"
    with serving(home, "--tokens", "--no-workers", VIBEBOARD_RATE_PER_MINUTE="100000") as served:
        yield served


def tokens(server: Server, *arguments: str) -> str:
    command = [VIBEBOARD, "tokens", *arguments, "--home", server.home]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout.strip()


def token(server: Server, owner: str, scopes: str = "read,write,spend") -> str:
    return tokens(server, "create", f"of {owner}", "--owner", owner, "--scopes", scopes)


@pytest.fixture(scope="module")
def anna(guarded) -> str:
    return token(guarded, "anna")


@pytest.fixture(scope="module")
def film(guarded, anna) -> str:
    with guarded.client(Authorization=f"Bearer {anna}") as client:
        return new_film(client)


def bearer(secret: str) -> dict[str, dict[str, str]]:
    return {"additional_headers": {"Authorization": f"Bearer {secret}"}}


def page(server: Server) -> dict[str, str]:
    """A page of the service's own, which cannot send headers with a socket."""
    return {"origin": f"http://{urlsplit(server.url).netloc}"}


async def test_a_program_shows_its_token_in_the_header(guarded, anna, film):
    async with wired(guarded, film, **bearer(anna)) as wire:
        assert (await wire.follow("lifecycle"))["missed"] is False


async def test_a_page_shows_it_in_the_first_message(guarded, anna, film):
    async with wired(guarded, film, **page(guarded)) as wire:
        assert (await wire.do("auth", token=anna))["type"] == "success"
        assert (await wire.follow("lifecycle"))["missed"] is False


@pytest.mark.parametrize("method", ["auth", "subscription.subscribe"])
async def test_who_shows_no_valid_token_first_is_sent_away(guarded, film, method):
    async with wired(guarded, film, **page(guarded)) as wire:
        await wire.send(method, token="vb_wrong", channels=["lifecycle"])
        assert (await wire.next())["problem"] == "unauthorized"
        with pytest.raises(ConnectionClosed) as closed:
            await wire.next()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008


async def test_a_token_in_the_query_is_not_looked_at(guarded, anna, film):
    with pytest.raises(InvalidStatus):
        async with wired(guarded, film, path=f"socket?token={anna}"):
            pass


async def test_somebody_elses_film_cannot_be_followed_or_told_anything(guarded, film):
    async with wired(guarded, film, **bearer(token(guarded, "ben"))) as wire:
        for method, params in (
            ("subscription.subscribe", {"channels": ["lifecycle"]}),
            ("subscription.reconnect", {}),
            ("state.get", {}),
            ("run.start", {"input": "help"}),
            ("input.respond", {"interrupt_id": "1.1", "response": True}),
            ("run.cancel", {"run_id": "chat"}),
        ):
            answer = await wire.do(method, **params)
            assert (answer["error"], answer["code"], answer["problem"]) == ("permission_denied", 404, "no_such_film")


async def test_who_may_only_read_cannot_say_anything(guarded, film):
    async with wired(guarded, film, **bearer(token(guarded, "anna", "read"))) as wire:
        await wire.follow("lifecycle")
        answer = await wire.do("run.start", input="help")
        assert (answer["error"], answer["code"]) == ("permission_denied", 403)


async def test_a_revoked_token_subscribes_to_nothing_more(guarded, film):
    with guarded.client(Authorization=f"Bearer {token(guarded, 'anna', 'read,admin')}") as client:
        made = client.post("/api/tokens", json={"name": "short", "scopes": ["read"]})
        assert made.status_code == 201, made.text
        short = made.json()
        async with wired(guarded, film, **bearer(short["secret"])) as wire:
            await wire.follow("lifecycle")
            client.delete(f"/api/tokens/{short['token']['id']}").raise_for_status()
            answer = await wire.do("subscription.subscribe", channels=["tasks"])
            assert (answer["code"], answer["problem"]) == (401, "unauthorized")


def short_token(client) -> dict:
    made = client.post("/api/tokens", json={"name": "short", "scopes": ["read"]})
    assert made.status_code == 201, made.text
    return made.json()


async def told_again_and_again(server, film, wire):
    while True:
        write(server, film, note(1))
        await wire.next()


async def test_whose_token_is_revoked_is_told_nothing_more_over_an_open_socket(guarded, film):
    with guarded.client(Authorization=f"Bearer {token(guarded, 'anna', 'read,admin')}") as client:
        short = short_token(client)
        async with wired(guarded, film, **bearer(short["secret"])) as wire:
            await wire.follow("lifecycle", "updates")
            client.delete(f"/api/tokens/{short['token']['id']}").raise_for_status()
            with pytest.raises(ConnectionClosed) as closed:
                await told_again_and_again(guarded, film, wire)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1008


def test_whose_token_is_revoked_is_told_nothing_more_by_an_open_stream(guarded, film):
    with guarded.client(Authorization=f"Bearer {token(guarded, 'anna', 'read,admin')}") as client:
        short = short_token(client)
        headers = {"Authorization": f"Bearer {short['secret']}"}
        with client.stream("GET", f"/api/threads/{film}/events", headers=headers) as stream:
            lines = stream.iter_lines()
            next(lines)
            client.delete(f"/api/tokens/{short['token']['id']}").raise_for_status()
            write(guarded, film, note(1))
            for _ in lines:
                write(guarded, film, note(1))


async def test_commands_over_a_socket_count_as_requests_do(tmp_path):
    with serving(tmp_path / "home", "--tokens", "--no-workers", VIBEBOARD_RATE_PER_MINUTE="30") as served:
        secret = token(served, "anna")
        with served.client(Authorization=f"Bearer {secret}") as client:
            film = new_film(client)
        async with wired(served, film, **bearer(secret)) as wire:
            answers = [await wire.do("state.get") for _ in range(40)]
    assert answers[0]["type"] == "success"
    assert {answer.get("problem") for answer in answers[30:]} == {"too_many_requests"}
