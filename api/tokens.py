"""`vibeboard tokens`: who may call the service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.service import Scope
from storage.configured import service_store
from storage.tables import LOCAL, TokenRow, aware, now
from storage.tokens import Tokens
from vibeboard.faults import Rejected
from vibeboard.settings import Settings

app = typer.Typer(help="Who may call the service.", no_args_is_help=True)

Home = Annotated[Path | None, typer.Option(help="Folder of the service's films [VIBEBOARD_HOME].")]
Owner = Annotated[str, typer.Option(help="Whose films it opens.")]


@contextmanager
def _tokens(home: Path | None) -> Iterator[Tokens]:
    settings = Settings()
    with closing(service_store(home or settings.home_folder, settings)) as store:
        yield Tokens(store.engine)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scopes: Annotated[str, typer.Option(help="Of read, write, spend, admin.")] = "read,write,spend,admin",
    days: Annotated[int | None, typer.Option(min=1, help="It expires after so many [never].")] = None,
    owner: Owner = LOCAL,
    home: Home = None,
) -> None:
    """Make a token and print it, once."""
    asked = [_scope(text) for text in scopes.split(",")]
    with _tokens(home) as tokens:
        _, secret = tokens.create(owner, name, asked, now() + timedelta(days=days) if days else None)
    print(secret)


def _scope(text: str) -> Scope:
    try:
        return Scope(text.strip())
    except ValueError:
        raise Rejected("bad_scope", f"--scopes {text}: write some of {', '.join(Scope)}, with commas") from None


@app.command(name="list")
def list_all(owner: Owner = LOCAL, home: Home = None) -> None:
    """List the tokens of an owner."""
    with _tokens(home) as tokens:
        rows = tokens.list(owner)
    table = Table("id", "name", "kind", "scopes", "last used", "", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        used = f"{aware(row.last_used_at):%Y-%m-%d %H:%M}" if row.last_used_at else "never"
        table.add_row(row.id, row.name, row.kind, row.scopes, used, _stand(row))
    Console().print(table if rows else "there are no tokens: vibeboard tokens create NAME makes one")


def _stand(row: TokenRow) -> str:
    if row.revoked_at:
        return "revoked"
    return "expired" if row.expires_at and aware(row.expires_at) <= now() else ""


@app.command()
def revoke(token_id: Annotated[str, typer.Argument(help="Its id.")], owner: Owner = LOCAL, home: Home = None) -> None:
    """End a token, and the browser tokens that were made with it."""
    with _tokens(home) as tokens:
        if not tokens.revoke(owner, token_id):
            raise Rejected("no_such_token", f"there is no token {token_id} to end: vibeboard tokens list shows them")
