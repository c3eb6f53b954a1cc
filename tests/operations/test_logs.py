"""Logs: one line an event, what it is about, and no secret whatever is logged."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import warnings
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibeboard.logs import HIDDEN, about, masking, set_up_logs
from vibeboard.settings import Settings

log = logging.getLogger("vibeboard.test")
SECRET = "s3kr1t-of-mine"


@contextmanager
def logged(**settings):
    """What is logged inside; the logging of the tests comes back afterwards."""
    root, stream = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    root.handlers[:] = []
    try:
        set_up_logs(Settings(**settings), stream)
        yield stream
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = before
        root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_says_what_it_is_about():
    with logged(log_format="json") as stream:
        with about(thread="film", run="run"):
            with about(unit="shot-3"):
                log.info("taken after %d steps", 7)
            log.info("all taken")
        log.info("nothing")
    first, second, third = lines(stream)
    assert (first["message"], first["level"], first["logger"]) == ("taken after 7 steps", "info", "vibeboard.test")
    assert [first.get(name) for name in ("thread", "run", "unit")] == ["film", "run", "shot-3"]
    assert [second.get(name) for name in ("thread", "run", "unit")] == ["film", "run", None]
    assert not {"thread", "run", "unit"} & third.keys()


async def test_tasks_at_once_do_not_mix_what_they_are_about():
    async def work(run: str) -> None:
        with about(run=run):
            for _ in range(3):
                log.info("of %s", run)
                await asyncio.sleep(0)

    with logged(log_format="json") as stream:
        await asyncio.gather(*(work(f"run-{number}") for number in range(5)))
    assert len(lines(stream)) == 15
    assert all(line["message"] == f"of {line['run']}" for line in lines(stream))


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_an_error_with_its_trace_is_one_line(log_format):
    with logged(log_format=log_format) as stream:
        try:
            raise ValueError("first\nsecond\r\x1b[31m\u2028third")
        except ValueError:
            log.exception("it went\nwrong")
    assert len(stream.getvalue().splitlines()) == 1
    assert "ValueError" in stream.getvalue()
    assert "test_an_error_with_its_trace_is_one_line" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_text_lines_are_for_people():
    with logged() as stream, about(thread="film", unit="3A"):
        log.warning("the shot waits")
    assert stream.getvalue().endswith("Z warning vibeboard.test: the shot waits thread=film unit=3A\n")


def test_only_what_is_important_enough_is_written():
    with logged(log_level="warning") as stream:
        log.info("quiet")
        log.warning("loud")
    assert "quiet" not in stream.getvalue()
    assert "loud" in stream.getvalue()


def test_warnings_of_python_are_logged():
    with logged(log_format="json") as stream, warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.warn("old way", DeprecationWarning, stacklevel=1)
    assert "old way" in lines(stream)[0]["message"]


others = st.text().filter(lambda text: "§" not in text)
secrets = others.map(lambda text: f"§{text}§secret§")
"""Secrets of which a part is found nowhere else, however it is spelt."""
PARTS = ("§", "\\xa7", "\\u00a7", "%C2%A7")


@given(secrets, others, others, st.sampled_from(["json", "text"]), st.sampled_from(["llm_key", "s3_secret"]))
def test_no_configured_secret_passes_however_it_is_quoted(secret, before, after, log_format, setting):
    spellings = [secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], quote(secret, safe="")]
    with logged(log_format=log_format, **{setting: secret}) as stream:
        for spelt in spellings:
            log.info("%s%s%s", before, spelt, after)
        log.info("%r", {"key": secret})
        with about(unit=secret):
            try:
                raise RuntimeError(secret)
            except RuntimeError:
                log.exception("failed")
    written = stream.getvalue().splitlines()
    assert len(written) == len(spellings) + 2
    assert all(HIDDEN in line for line in written)
    assert not any(part in line for line in written for part in PARTS)


@given(st.text("abcdefghijklmnop0123456789-._~", min_size=1, max_size=60), st.text("xyz /:", max_size=20))
def test_no_bearer_token_or_key_in_a_url_passes(token, around):
    mask = masking(Settings())
    token = f"Q{token}Q"
    for shown in (
        f"Authorization: Bearer {token}",
        f"{{'authorization': 'bearer {token}'}}",
        f"https://host/a?access_token={token}&page=2",
        f"https://bucket/k?X-Amz-Credential={token}&X-Amz-Security-Token={token}&X-Amz-Signature={token}",
        f"wss://host/thread?api_key={token}",
        f"postgresql://user:{token}@host/name",
        f"host=db password={token} user=me",
        f"host=db password='{token} {token}' user=me",
        f"Authorization: Basic {token}",
        f"vb_{'0' * 16}_{token.replace('.', '-').replace('~', '-')}",
    ):
        masked = mask(f"{around} {shown} {around}")
        assert "Q" not in masked, shown
        assert HIDDEN in masked


def test_what_is_no_secret_stays():
    plain = "job key=3f2a of shot 3A at https://host/a?page=2&limit=5 took 2.5 s; the bearers and a basic idea"
    assert masking(Settings(llm_key=SECRET))(plain) == plain


def test_the_password_of_the_database_is_a_secret_by_itself():
    mask = masking(Settings(database="postgresql://films:p%40ssw0rd@host/films"))
    assert mask("psql says: p@ssw0rd was refused") == f"psql says: {HIDDEN} was refused"


def test_of_two_secrets_where_one_begins_with_the_other_none_is_left_in_part():
    mask = masking(Settings(llm_key="abcdef", s3_secret="abcdefghij"))
    assert mask("is abcdefghij here") == f"is {HIDDEN} here"
