"""Arguments that came as text: JSON as models write it, read without losing or inventing anything.

Understood are fences and prose around it, `<think>` before it, leaked tool markup, single and curly quotes, names
without quotes, Python's `True` and `None`, comments, commas too many or too few, and closing brackets that
are missing. What cannot be told, such as a number that ends where the text does, is refused.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from agents.medic.notations import addressed, bare, lines, marked_up, python_call, without_tokens
from agents.medic.strict_json import LITERALS, Unreadable, finite, one_object, strict_json

_CALLEE = re.compile(r"([A-Za-z_][\w.]*)\(\s*$")
_OPENING = re.compile(r"\s*(?=[{\[])")
_SPACE = re.compile(r"(?:\s|//[^\n]*(?:\n|$)|/\*.*?\*/|#[^\n]*(?:\n|$))*", re.DOTALL)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_TOKEN = re.compile(r"[-+]?[\w.%°/:-]+")
_WORD = re.compile(r"[A-Za-z_$][\w$.-]*")
_END_OF_TEXT = re.compile(r"\s*(?:[:}\]]|$|//|[\"'`][\w$.-]+[\"'`]\s*:|,\s*(?:[\"'`“‘{\[}\],]|[\w$.-]+\s*[,:}\]]))")
_CANCELS = re.compile(
    r"\b(?:not|don't|instead|actually|wait|cancel(?:led)?|ignore|undo|correction|rather|refused|rejected|except|change)\b",
    re.IGNORECASE,
)
"""Words round a call that may mean that it is not to be made so."""
_LONGEST_NUMBER = 300
_LONGEST_TEXT = 1 << 18
"""No call that is meant has more characters of arguments."""
_CLOSING = {'"': '"', "'": "'", "“": "”", "”": "”", "‘": "’", "`": "`"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class Read(NamedTuple):
    """What a text says, the paths of the objects that were closed because the text had ended, and the tools that it
    names as those which it calls."""

    value: Any
    closed: tuple[tuple[str | int, ...], ...] = ()
    addressed: tuple[str, ...] = ()
    before: str = ""
    """What stands before the object."""


def read_json(text: str) -> Read:
    """The one value that a text holds.

    Raises:
        Unreadable: there is none, several, or something is missing from it.
    """
    if len(text) > _LONGEST_TEXT:
        raise Unreadable(f"it has {len(text)} characters, more than {_LONGEST_TEXT}")
    try:
        return Read(strict_json(text))
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        return _otherwise(bare(text))


def _otherwise(text: str) -> Read:
    """What a text holds that is no JSON by the standard."""
    tools = addressed(text)
    if (named := marked_up(text)) is not None:
        return Read(named, addressed=tools)
    if called := python_call(text):
        return Read(called.args, addressed=(*tools, called.tool))
    start = re.search(r"\[\s*\{|\{", text)
    if start is None:
        return Read(lines(text), addressed=tools)
    if callee := _CALLEE.search(text, 0, start.start()):
        tools += (callee[1],)
    try:
        found = _Reader(text, start.start()).read()
    except RecursionError:
        raise Unreadable("it is nested too deep") from None
    except OverflowError:
        raise Unreadable("a number in it is too long") from None
    before = text[: start.start()]
    if _CANCELS.search(before):
        raise Unreadable(f"what stands before it may take it back: {before.strip()[-60:]!r}")
    return found._replace(addressed=tools, before=without_tokens(before))


class _Reader:
    """A recursive descent over a text, forgiving in the ways the module names."""

    def __init__(self, text: str, at: int) -> None:
        self.text, self.at = text, at
        self.path: list[str | int] = []
        self.closed: list[tuple[str | int, ...]] = []

    def read(self) -> Read:
        value = self._value()
        rest = self._after(value)
        if _CANCELS.search(rest) or re.search(r"\d", rest):
            raise Unreadable(f"what follows it may take it back: {rest.strip()[:60]!r}")
        if re.search(r"[{\[]\s*[\"'\w{\[]", rest):
            raise Unreadable("there is more than one value in it")
        if not re.fullmatch(r"[^{\[\]\"]*", rest.replace("```", "")):
            raise Unreadable(f"it goes on after its end: {rest[:40]!r}")
        return Read(value, tuple(self.closed))

    def _after(self, value: Any) -> str:
        """What stands after the value, without more of the very same."""
        while again := _OPENING.match(self.text, self.at):
            other = _Reader(self.text, again.end())
            if not other._is(value):
                break
            self.at = other.at
        return self.text[self.at :]

    def _is(self, value: Any) -> bool:
        """Whether a whole value stands here that is the same."""
        try:
            return self._value() == value and not self.closed
        except Unreadable:
            return False

    def _skip(self, commas: bool = False) -> str:
        """Pass blanks and comments, and commas if wanted; the next character, or nothing at the end."""
        while True:
            self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
            if not (commas and self.text[self.at : self.at + 1] == ","):
                return self.text[self.at : self.at + 1]
            self.at += 1

    def _value(self) -> Any:
        sign = self._skip()
        if sign == "{":
            return self._members()
        if sign == "[":
            return self._items()
        if sign in _CLOSING:
            return self._string(sign)
        return self._literal()

    def _literal(self) -> Any:
        """A number, a word of JSON or Python, or any other word or quantity without quotation marks (`35mm`)."""
        token = _TOKEN.match(self.text, self.at)
        if not token:
            raise Unreadable(f"a value is missing at {self.text[max(self.at - 20, 0) : self.at + 20]!r}")
        text, self.at = token[0], token.end()
        if text in LITERALS:
            return LITERALS[text]
        if self.at == len(self.text):
            raise Unreadable(f"it ends within or after {text}, which may be cut")
        if text in ("NaN", "Infinity", "-Infinity"):
            raise Unreadable(f"{text} is not a number")
        if not _NUMBER.fullmatch(text):
            return self._bare_text(text)
        plain = text.lstrip("+")
        if len(plain) > _LONGEST_NUMBER:
            raise OverflowError
        return int(plain) if re.fullmatch(r"-?\d+", plain) else finite(plain)

    def _bare_text(self, text: str) -> str:
        if self._skip() not in (",", "}", "]"):
            raise Unreadable(f"{text!r} is neither a text nor a number")
        return text

    def _string(self, opening: str) -> str:
        """A string. A quote inside it that is not escaped is kept where only the last can be the closing one."""
        closing, pieces, at, inner = _CLOSING[opening], [], self.at + 1, 0
        while at < len(self.text):
            sign = self.text[at]
            if sign == "\\" and at + 1 < len(self.text):
                piece, at = self._escape(at)
                pieces.append(piece)
                continue
            if sign == closing and self._ends(at + 1):
                if inner % 2 and closing == '"':
                    raise Unreadable("a quotation mark within a text makes its end uncertain")
                self.at = at + 1
                return "".join(pieces)
            inner += sign == closing
            pieces.append(sign)
            at += 1
        raise Unreadable(f"a text has no end: {''.join(pieces)[-30:]!r}")

    def _escape(self, at: int) -> tuple[str, int]:
        sign = self.text[at + 1]
        if sign != "u":
            return _ESCAPES.get(sign, sign), at + 2
        try:
            return json.loads(f'"{self.text[at : at + 6]}"'), at + 6
        except json.JSONDecodeError:
            raise Unreadable(f"{self.text[at : at + 6]!r} is no character") from None

    def _ends(self, at: int) -> bool:
        """Whether a quotation mark before `at` can close a text: what follows is punctuation of JSON."""
        return bool(_END_OF_TEXT.match(self.text, at))

    def _members(self) -> dict[str, Any]:
        self.at += 1
        pairs: list[tuple[str, Any]] = []
        while (sign := self._skip(commas=True)) != "}":
            if not sign:
                self._end_of_text()
                return one_object(pairs)
            name = self._string(sign) if sign in _CLOSING else self._name()
            if self._skip() not in (":", "="):
                raise Unreadable(f"{name!r} has no value")
            self.at += 1
            self.path.append(name)
            pairs.append((name, self._value()))
            self.path.pop()
        self.at += 1
        return one_object(pairs)

    def _name(self) -> str:
        word = _WORD.match(self.text, self.at)
        if not word:
            raise Unreadable(f"a name is missing at {self.text[self.at : self.at + 20]!r}")
        self.at = word.end()
        return word[0]

    def _items(self) -> list[Any]:
        self.at += 1
        items: list[Any] = []
        while (sign := self._skip(commas=True)) != "]":
            if sign == "}":
                return items
            if not sign:
                raise Unreadable("a list has no end; more may have been in it")
            self.path.append(len(items))
            items.append(self._value())
            self.path.pop()
        self.at += 1
        return items

    def _end_of_text(self) -> None:
        if self.text.rstrip().endswith(","):
            raise Unreadable("it ends after a comma; more was to come")
        self.closed.append(tuple(self.path))
