"""A call in another notation than JSON: the markup of models' own formats, Python, lines of `name: value`, YAML.

What is understood is read whole or not at all.
"""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

from agents.llm.markup import MARK
from agents.medic.strict_json import Unreadable, one_object, plain_value

_UNSEEN = re.compile("[\u200b\u2060\ufeff]")
_SPECIAL = re.compile(r"<[|｜][^<>]*[|｜]>")
"""A model's special token, such as `<|python_tag|>`."""
_THINKS = re.compile(r"<think(?:ing)?>", re.IGNORECASE)
_THOUGHT = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_FENCE = re.compile(r"```[\w-]*\s*\n?(.*?)```", re.DOTALL)
_ESCAPED = re.compile(r"\s*\{\s*\\\"")
_PARAMETER = re.compile(r"<parameter\s*(?:name\s*=\s*\"?|=)([\w.-]+)\"?\s*>(.*?)</parameter>", re.DOTALL)
_KEYED = re.compile(r"<arg_key>\s*([\w.-]+)\s*</arg_key>\s*<arg_value>(.*?)</arg_value>", re.DOTALL)
_ELEMENT = re.compile(r"<([A-Za-z_][\w.-]*)>([^<>]*)</\1>")
_TAG = re.compile(r"</?[^<>{}]*>")
_ADDRESSED = re.compile(
    r"<(?:invoke|function|tool|tool_call)\b\s*(?:name\s*)?=\s*[\"']?([\w.:/-]+)|<tool_call>\s*([\w.:/-]+)\s*<arg_key>"
)
_LINE = re.compile(r"\s*[-*]?\s*[\"']?([A-Za-z_][\w.-]*)[\"']?\s*[:=]\s*(\S.*?)\s*")
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_AROUND = {"print", "str", "repr", "asyncio.run", "json.dumps"}
"""What a call may stand in without being another one: `cancel(speak_line(...))` is not made."""
_LONGEST_YAML = 1 << 14
"""Its reader is slow; no call that comes as YAML has more characters."""


class Called(NamedTuple):
    """Arguments, and the tool that they are given to, as it is named there."""

    args: dict[str, Any]
    tool: str


def bare(text: str) -> str:
    """The text without thoughts, fences and what nobody sees, its quotation marks as they were before somebody escaped
    them."""
    plain = _without_thoughts(_UNSEEN.sub("", text.replace(MARK, "")))
    if '"' not in plain and "&quot;" in plain:
        plain = html.unescape(plain)
    if _ESCAPED.match(plain):
        plain = plain.replace('\\"', '"')
    fenced = _FENCE.findall(plain)
    plain = fenced[0] if len(fenced) == 1 else plain
    if "“" in plain and "”" not in plain:
        plain = plain.replace("“", '"')
    doubled = plain.strip()
    return doubled[1:-1] if doubled.startswith("{{") and doubled.endswith("}}") else plain


def without_tokens(text: str) -> str:
    """The text without a model's special tokens."""
    return _SPECIAL.sub(" ", text)


def addressed(text: str) -> tuple[str, ...]:
    """The tools that the markup in a text calls."""
    return tuple(one or other for one, other in _ADDRESSED.findall(text))


def marked_up(text: str) -> dict[str, Any] | None:
    """`<parameter name="frames">81</parameter>`, `<arg_key>frames</arg_key><arg_value>81</arg_value>`, or nothing but
    elements: `<invoke name="speak_line"><frames>81</frames></invoke>`."""
    if pairs := _PARAMETER.findall(text) or _KEYED.findall(text):
        return one_object([(name, plain_value(value)) for name, value in pairs])
    elements = _ELEMENT.findall(text)
    whole = len(elements) == 1 and elements[0][1].strip()[:1] in ("{", "[")
    if not elements or whole or re.search(r"[{}\[\]]", _TAG.sub("", _ELEMENT.sub("", text))):
        return None
    return one_object([(name, plain_value(value)) for name, value in elements])


def python_call(text: str) -> Called | None:
    """`generate_shot(prompt="Ann waits", frames=81)`, also awaited, printed or assigned; None if it is no such call."""
    if not text.rstrip().rstrip(";").endswith((")", ")]")):
        return None
    try:
        body = ast.parse(text.strip().rstrip(";"), mode="exec").body
        call = _call_in(body[0].value) if len(body) == 1 and isinstance(body[0], ast.Expr | ast.Assign) else None
        if call is None or call.args:
            return None
        pairs = [pair for word in call.keywords for pair in _pairs(word)]
        return Called(one_object(pairs), ast.unparse(call.func)) if pairs else None
    except Unreadable:
        raise
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _call_in(node: ast.expr) -> ast.Call | None:
    """The call inside `await f(...)`, `print(f(...))` and `[f(...)]`."""
    while True:
        if isinstance(node, ast.Await):
            node = node.value
        elif isinstance(node, ast.List) and len(node.elts) == 1:
            node = node.elts[0]
        elif not isinstance(node, ast.Call):
            return None
        elif (
            len(node.args) == 1 and ast.unparse(node.func) in _AROUND and isinstance(node.args[0], ast.Call | ast.Await)
        ):
            node = node.args[0]
        else:
            return node


def _pairs(word: ast.keyword) -> list[tuple[str, Any]]:
    """An argument by name, or those of a `**{...}`."""
    value = ast.literal_eval(word.value)
    if word.arg:
        return [(word.arg, value)]
    return [(str(name), part) for name, part in value.items()] if isinstance(value, Mapping) else []


def lines(text: str) -> dict[str, Any]:
    """`frames: 81` on lines of their own, or YAML.

    Raises:
        Unreadable: it is neither.
    """
    found = [_LINE.fullmatch(line) for line in text.splitlines() if line.strip()]
    if found and all(found):
        return one_object([(line[1], plain_value(line[2].rstrip(","))) for line in found if line])
    made = _yaml(text) if len(text) <= _LONGEST_YAML else None
    if not isinstance(made, dict):
        raise Unreadable("there is no JSON object in it")
    return made


def _yaml(text: str) -> Any:
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        return _of_node(node, set()) if node else None
    except (yaml.YAMLError, RecursionError):
        return None


def _of_node(node: yaml.Node, seen: set[int]) -> Any:
    """A node's value; what stands in quotation marks is a text, anything else is read as JSON would be, so that `on`
    is a word. Aliases, by which few lines can say very much, are not followed."""
    if id(node) in seen:
        raise Unreadable("it refers to parts of itself")
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        names = [str(name.value) for name, _ in node.value]
        if not all(_NAME.fullmatch(name) for name in names):
            raise Unreadable("there is no JSON object in it")
        return one_object([(str(name.value), _of_node(value, seen)) for name, value in node.value])
    if isinstance(node, yaml.SequenceNode):
        return [_of_node(item, seen) for item in node.value]
    return str(node.value) if node.style else plain_value(str(node.value))


def _without_thoughts(text: str) -> str:
    """Without what stands between the tags of thinking; the first opening one may be missing, as servers leave it
    out."""
    first, opened = _THOUGHT.search(text), _THINKS.search(text)
    if first and not (opened and opened.start() < first.start()):
        text = text[first.end() :]
    kept, at = [], 0
    for opening in _THINKS.finditer(text):
        if opening.start() < at:
            continue
        closing = _THOUGHT.search(text, opening.end())
        if closing is None:
            break
        kept.append(text[at : opening.start()])
        at = closing.end()
    return " ".join([*kept, text[at:]])
