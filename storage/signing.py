"""The secret with which a store's service signs links to itself."""

from __future__ import annotations

import secrets

from sqlalchemy import Engine
from sqlmodel import Session

from storage.database import writing
from storage.jobs import insert_new
from storage.tables import SwitchRow

_NAME = "link_key"


def link_key(engine: Engine) -> bytes:
    """The key of the store, 32 random bytes, made at the first call; all processes of the store have the same."""
    with Session(engine) as session:
        known = session.get(SwitchRow, _NAME)
        if known is not None:
            return bytes.fromhex(known.value)
    with writing(engine) as session:
        session.execute(insert_new(session, SwitchRow(name=_NAME, value=secrets.token_hex(32))))
        session.commit()
        return bytes.fromhex(session.get_one(SwitchRow, _NAME).value)
