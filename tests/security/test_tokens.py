"""Tokens: shown once, kept as hashes, ended at once, for browsers only for minutes. On SQLite and Postgres."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import Session, update

from storage.database import open_database
from storage.tables import TokenRow, aware, now
from storage.tokens import BROWSER_LASTS, Tokens
from vibeboard.faults import Rejected


@pytest.fixture
def engine(database):
    opened = open_database(database)
    yield opened
    opened.dispose()


@pytest.fixture
def tokens(engine):
    return Tokens(engine)


def change(engine, *which, **values):
    with Session(engine) as session:
        session.execute(update(TokenRow).where(*which).values(**values))
        session.commit()


def test_a_token_is_found_by_what_was_shown_and_only_by_that(tokens):
    row, shown = tokens.create("ann", "laptop", ["write", "read"])
    found = tokens.find(shown)
    assert (found.id, found.owner, found.name, found.scopes, found.kind) == (
        row.id,
        "ann",
        "laptop",
        "read write",
        "api",
    )
    wrong_secret = shown[:-1] + ("A" if shown[-1] != "A" else "B")
    other_id = shown.replace(row.id, "0" * 16)
    for nothing in (
        "",
        "vb_",
        row.id,
        shown[3:],
        shown + "x",
        " " + shown,
        shown + "\n",
        wrong_secret,
        other_id,
        "vb_\ud800",
    ):
        assert tokens.find(nothing) is None


def test_the_secret_of_one_token_does_not_open_another(tokens):
    (first, shown), (second, _) = tokens.create("ann", "a", ["read"]), tokens.create("bob", "b", ["admin"])
    assert tokens.find(shown.replace(first.id, second.id)) is None


def test_the_table_does_not_hold_what_was_shown(tokens):
    _, shown = tokens.create("ann", "laptop", ["read"])
    (row,) = tokens.list("ann")
    secret = shown.split("_", 2)[2]
    assert len(secret) == 43
    assert secret not in repr(row.model_dump())


def test_a_token_ends_when_it_expires(tokens, engine):
    _, shown = tokens.create("ann", "day", ["read"], expires_at=now() + timedelta(days=1))
    assert tokens.find(shown)
    change(engine, expires_at=now() - timedelta(seconds=1))
    assert tokens.find(shown) is None


def test_only_its_owner_ends_a_token_and_once(tokens):
    row, shown = tokens.create("ann", "laptop", ["read"])
    assert not tokens.revoke("bob", row.id)
    assert tokens.find(shown)
    assert tokens.revoke("ann", row.id)
    assert tokens.find(shown) is None
    assert not tokens.revoke("ann", row.id)
    assert [(item.id, item.revoked_at is None) for item in tokens.list("ann")] == [(row.id, False)]


def test_an_owner_sees_the_own_tokens_only(tokens):
    tokens.create("ann", "first", ["read"])
    tokens.create("ann", "second", ["read"])
    tokens.create("bob", "his", ["read"])
    assert [row.name for row in tokens.list("ann")] == ["second", "first"]
    assert tokens.list("nobody") == []


def test_the_last_use_is_written_at_most_once_a_minute(tokens, engine):
    _, shown = tokens.create("ann", "laptop", ["read"])

    def used():
        tokens.find(shown)
        return aware(tokens.list("ann")[0].last_used_at)

    first = used()
    assert used() == first
    change(engine, last_used_at=now() - timedelta(seconds=50))
    recent = aware(tokens.list("ann")[0].last_used_at)
    assert used() == recent
    change(engine, last_used_at=now() - timedelta(seconds=61))
    assert used() > first


def test_a_wrong_secret_is_no_use_of_the_token(tokens):
    row, _ = tokens.create("ann", "laptop", ["read"])
    assert tokens.find(f"vb_{row.id}_{'A' * 43}") is None
    assert tokens.list("ann")[0].last_used_at is None


def test_a_browser_token_lasts_minutes_and_has_some_of_its_makers_scopes(tokens):
    maker, _ = tokens.create("ann", "laptop", ["read", "write"])
    row, shown = tokens.create_browser("ann", maker.id, ["read"])
    found = tokens.find(shown)
    assert (found.kind, found.scopes, found.owner, found.name) == ("browser", "read", "ann", maker.id)
    assert timedelta(0) < aware(row.expires_at) - now() <= BROWSER_LASTS == timedelta(minutes=15)


def test_a_browser_token_does_not_outlive_its_maker(tokens):
    soon = now() + timedelta(minutes=2)
    maker, _ = tokens.create("ann", "brief", ["read"], expires_at=soon)
    row, shown = tokens.create_browser("ann", maker.id, ["read"])
    assert aware(row.expires_at) == soon
    assert tokens.revoke("ann", maker.id)
    assert tokens.find(shown) is None


def test_a_browser_token_needs_an_api_token_that_is_valid_and_has_the_scopes(tokens):
    maker, _ = tokens.create("ann", "laptop", ["read"])
    browser, _ = tokens.create_browser("ann", maker.id, ["read"])
    for owner, by, scopes, says in [
        ("ann", maker.id, ["read", "spend"], "lacks spend"),
        ("ann", maker.id, ["read admin"], "lacks read admin"),
        ("bob", maker.id, ["read"], "API token that is valid"),
        ("ann", browser.id, ["read"], "API token that is valid"),
        ("ann", "", ["read"], "API token that is valid"),
    ]:
        with pytest.raises(Rejected, match=says):
            tokens.create_browser(owner, by, scopes)
    tokens.revoke("ann", maker.id)
    with pytest.raises(Rejected, match="API token that is valid"):
        tokens.create_browser("ann", maker.id, ["read"])


def test_browser_tokens_that_are_over_do_not_pile_up(tokens, engine):
    maker, _ = tokens.create("ann", "laptop", ["read"])
    for _ in range(3):
        tokens.create_browser("ann", maker.id, ["read"])
        change(engine, TokenRow.kind == "browser", expires_at=now() - timedelta(seconds=1))
    tokens.create_browser("ann", maker.id, ["read"])
    assert sorted(row.kind for row in tokens.list("ann")) == ["api", "browser"]


def test_many_that_show_a_token_at_once_all_get_in(tokens):
    _, shown = tokens.create("ann", "laptop", ["read"])
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: tokens.find(shown), range(40)))
