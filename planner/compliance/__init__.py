"""Check what compounds and permits must provide for elders against what they have, by every profile side by side."""

from planner.compliance.compounds import check, check_compounds
from planner.compliance.joint import JointGroups, joint_groups
from planner.compliance.participants import may_share
from planner.compliance.permits import check_permits
from planner.compliance.remedies import remedies
from planner.compliance.results import Compliance
from planner.compliance.rules import judge
from planner.compliance.steps import four_steps

__all__ = [
    "Compliance",
    "JointGroups",
    "check",
    "check_compounds",
    "check_permits",
    "four_steps",
    "joint_groups",
    "judge",
    "may_share",
    "remedies",
]
