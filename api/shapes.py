"""Shapes that many routes share: pages, entity tags."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Header, Query, Response
from pydantic import BaseModel

from vibeboard.digest import sha256
from vibeboard.faults import Rejected
from vibeboard.model import Frozen

Item = TypeVar("Item")
MOST = 2**31 - 1
"""The largest number of a row."""

Limit = Annotated[int, Query(ge=1, le=200, description="Items on a page")]
After = Annotated[str, Query(pattern=r"^[^\x00]{0,200}$", description="`next` of the page before")]
IfMatch = Annotated[
    str | None, Header(description="The ETag that was read; another one is refused with 412", examples=["*"])
]


class Page(Frozen, Generic[Item]):
    """`next` is for `?after=` of the next page; null on the last."""

    items: tuple[Item, ...]
    next: str | None = None


def page_of(items: list[Item], limit: int, key: Any) -> Page[Item]:
    """A page out of one item more than it has room for, if there is one; `key` of the last names the next page."""
    shown = items[:limit]
    return Page(items=tuple(shown), next=str(key(shown[-1])) if len(items) > limit else None)


def page_after(items: Sequence[Item], limit: int, after: str, key: Callable[[Item], object]) -> Page[Item]:
    """A page of a list that is there as a whole: what comes after the item whose key is `after`.

    Raises:
        Rejected: there is no such item any more.
    """
    names = [str(key(item)) for item in items]
    if after and after not in names:
        raise Rejected("no_such_page", f"there is nothing called {after} any more: begin without `after`")
    first = names.index(after) + 1 if after else 0
    return page_of(list(items[first : first + limit + 1]), limit, key)


def number_after(after: str) -> int:
    """The number that `after` names; 0 if it names none."""
    return min(int(after), MOST) if after.isdecimal() else 0


def etag(value: BaseModel) -> str:
    """The entity tag of a value: it changes with the value."""
    return f'"{sha256(value.model_dump_json().encode())[:32]}"'


def tagged(value: Item, response: Response) -> Item:
    """The value, with its tag in the answer."""
    assert isinstance(value, BaseModel)
    response.headers["ETag"] = etag(value)
    return value


def must_match(value: BaseModel, if_match: str | None) -> None:
    """Refuse a change of something that is no longer what the caller has read.

    Raises:
        Rejected: `condition_missing` without an `If-Match`, `changed_meanwhile` with that of another state.
    """
    if if_match is None:
        raise Rejected("condition_missing", "send If-Match with the ETag that you read, so that no change is lost")
    if if_match.strip() not in ("*", etag(value)):
        raise Rejected("changed_meanwhile", "somebody changed this since you read it: read it again, then change it")
