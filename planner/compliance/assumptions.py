"""Read what this program assumes where the documents are silent: values in files, each with its source."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from planner.errors import InputError
from planner.standards import Words
from planner.standards.model import Frozen
from planner.standards.yamls import read_yaml

_HERE = Path(__file__).parent


class JointAssumption(Frozen):
    """How far a room may be from those who share it, where no document says so.

    Parameters
    ----------
    walk_m
        Metres of walk.
    source
        Where the figure is from.
    """

    walk_m: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    source: Words


class _Assumptions(Frozen):
    joint: JointAssumption


def shipped(name: str) -> Any:
    """Read a file of this folder.

    Parameters
    ----------
    name
        Its name.

    Examples
    --------
    >>> shipped("assumptions.yaml")["joint"]["walk_m"]
    300
    """
    content, faults = read_yaml(_HERE / name)
    if faults:
        raise InputError(faults)
    return content


@cache
def joint_assumption() -> JointAssumption:
    """Return what is assumed of joint provision.

    Examples
    --------
    >>> joint_assumption().walk_m
    300.0
    """
    return _Assumptions.model_validate(shipped("assumptions.yaml")).joint
