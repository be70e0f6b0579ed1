"""Read a YAML file and refuse what PyYAML lets pass: keys given twice, other encodings than UTF-8."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from planner.errors import Fault
from planner.i18n import _


class _Loader(yaml.SafeLoader):
    """A SafeLoader that notes keys given twice, where PyYAML would keep the last in silence."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.doubled: list[tuple[str, int]] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _value in node.value:
            if key_node.value in seen:
                self.doubled.append((str(key_node.value), key_node.start_mark.line + 1))
            seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


def read_yaml(file: Path) -> tuple[Any, list[Fault]]:
    """Read a file and tell its faults.

    Parameters
    ----------
    file
        The file.

    Returns
    -------
    content, faults
        What the file holds, None where it cannot be read.

    Examples
    --------
    >>> from planner.standards.loading import SHIPPED
    >>> content, faults = read_yaml(SHIPPED / "hunan-2025.yaml")
    >>> content["rank"], faults
    ('provincial_law', [])
    """
    try:
        loader = _Loader(file.read_text(encoding="utf-8"))
        raw = loader.get_single_data()
    except UnicodeDecodeError as error:
        return None, [Fault(_("the file is not UTF-8"), where=file.name, why=str(error), todo=_("save it as UTF-8"))]
    except yaml.YAMLError as error:
        return None, [Fault(_("the file is not YAML"), where=file.name, why=" ".join(str(error).split()))]
    doubled = [
        Fault(
            _("the key {key!r} stands twice").format(key=key),
            where=_("{file}, line {line}").format(file=file.name, line=line),
            todo=_("keep one of them"),
        )
        for key, line in loader.doubled
    ]
    return raw, doubled
