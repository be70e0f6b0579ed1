"""Say in our own words what is wrong with a study.toml: no sentence of a library's stands in a message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from planner.i18n import _

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_CURLY = re.compile(r"[“”‘’＂＇「」『』]")
_WIDE = re.compile(r"^\s*[［【]|^[^\"'#]*[＝：，]")
_BACKSLASHED = re.compile(r'"[^"]*\\[^"]*"')
_LOOSE_DAY = re.compile(r"=\s*(?:\d{4}([-/.年])\d{1,2}\1?[月/.-]?\d{1,2})")
_BARE_TEXT = re.compile(r"^\s*([\w.-]+)\s*=\s*([^\s\"'\[{#][^#]*?)\s*(?:#.*)?$")
_SWITCH = re.compile(r"^(?:true|false|是|否|yes|no|on|off)$", re.IGNORECASE)
_NUMBER_FIRST = re.compile(r"^[+-]?\d")


def reason_of(problem: Mapping[str, Any]) -> str:
    """Say why a value cannot be used.

    Parameters
    ----------
    problem
        One of the errors that pydantic lists: its type, input and context.

    Returns
    -------
    str
        A sentence in the reader's language, empty where the key itself is wrong.

    Examples
    --------
    >>> from planner.i18n import language
    >>> with language("en"):
    ...     reason_of({"type": "literal_error", "input": "fr", "ctx": {"expected": "'zh' or 'en'"}})
    '“fr” is given, and it can be: zh, en'
    """
    kind, given, context = str(problem["type"]), problem.get("input"), problem.get("ctx") or {}
    if kind in {"missing", "extra_forbidden"}:
        return ""
    if kind == "value_error":
        return str(context.get("error", ""))
    if kind == "literal_error":
        choices = _(", ").join(re.findall(r"'([^']*)'", str(context.get("expected", ""))))
        return _("“{value}” is given, and it can be: {choices}").format(value=given, choices=choices)
    if kind == "greater_than":
        return _("{value} is given, and it must be more than {limit:g}").format(value=given, limit=context["gt"])
    if kind == "greater_than_equal":
        return _("{value} is given, and it must be {limit:g} or more").format(value=given, limit=context["ge"])
    if kind in {"less_than_equal", "too_long"}:
        limit = context.get("le", context.get("max_length"))
        return _("{value} is given, and it must be {limit:g} or less").format(
            value=context.get("actual_length", given), limit=limit
        )
    if kind in {"too_short", "string_too_short"}:
        return _("it is empty")
    return _expected(kind).format(value=given)


def _expected(kind: str) -> str:
    """Say what should stand there, by the first word of pydantic's name for the error."""
    words = {
        "date": _("{value} is given, and it must be a day like 2026-06-30, without quotation marks"),
        "datetime": _("{value} is given, and it must be a day like 2026-06-30, without quotation marks"),
        "string": _("{value} is given, and it must be a text in quotation marks"),
        "float": _("{value} is given, and it must be a number without quotation marks"),
        "int": _("{value} is given, and it must be a whole number without quotation marks"),
        "finite": _("{value} is given, and it must be a finite number"),
        "bool": _("{value} is given, and it must be true or false"),
        "tuple": _('{value} is given, and it must be a list of texts like ["a", "b"]'),
        "list": _('{value} is given, and it must be a list of texts like ["a", "b"]'),
        "model": _("{value} is given, and it must be a table with keys and values"),
        "dict": _("{value} is given, and it must be a table with keys and values"),
    }
    return words.get(kind.partition("_")[0], _("{value} cannot stand here"))


def toml_line(text: str, message: str) -> tuple[int, int]:
    r"""Return line and column, from 1, of an error that the TOML reader tells.

    Examples
    --------
    >>> toml_line("a = 1\nb = x", "Invalid value (at line 2, column 5)")
    (2, 5)
    >>> toml_line("a = 1\na = 2\n", "Cannot overwrite a value (at end of document)")
    (2, 6)
    """
    if match := _PLACE.search(message):
        return int(match[1]), int(match[2])
    lines = text.rstrip().splitlines() or [""]
    return len(lines), len(lines[-1]) + 1


def toml_advice(text: str, message: str) -> str:
    """Say how to mend the line at which a study.toml cannot be read.

    Parameters
    ----------
    text
        The whole file.
    message
        What the TOML reader says, which tells the line.

    Returns
    -------
    str
        One sentence in the reader's language.

    Examples
    --------
    >>> from planner.i18n import language
    >>> with language("en"):
    ...     toml_advice("name = Town", "Invalid value (at line 1, column 8)")
    'put the text in quotation marks: name = "Town"'
    """
    line = toml_line(text, message)[0]
    told = "".join(text.splitlines()[line - 1 : line])
    if re.search(r"overwrite|twice|more than once|Duplicate", message):
        return _("the same key or table stands twice; keep one of them")
    if _CURLY.search(told):
        return _('write plain quotation marks ("), not those of Chinese text')
    if _WIDE.search(told):
        return _("write =, [ ] and commas as plain signs, not as wide ones of Chinese text")
    if _BACKSLASHED.search(told):
        return _("write / in place of \\ in paths")
    if _LOOSE_DAY.search(told):
        return _("write the day with two digits each: as_of = 2026-06-30")
    if "Unterminated string" in message or told.count('"') % 2:
        return _("close the text with a quotation mark")
    if re.search(r"Unclosed|\]' at the end", message) or told.count("[") != told.count("]"):
        return _("close the bracket")
    if bare := _BARE_TEXT.match(told):
        return _bare_advice(bare[1], bare[2])
    return _("a line is key = value, a [table] or a remark after #; texts stand in quotation marks")


def _bare_advice(key: str, value: str) -> str:
    if _SWITCH.fullmatch(value):
        return _("write true or false, in small letters")
    if _NUMBER_FIRST.match(value):
        return _("write a number without its unit, or put the text in quotation marks")
    return _('put the text in quotation marks: {key} = "{value}"').format(key=key, value=value)
