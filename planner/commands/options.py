"""Declare the options that several commands share, and the exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planner.i18n import N_

DONE, FINDINGS, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

# Words of options are translated when the commands are built.
StudyFolder = Annotated[Path, typer.Argument(metavar="STUDY", help=N_("Folder of the study (with its study.toml)"))]
Out = Annotated[Path, typer.Option("--out", help=N_("Folder for the results"))]
Force = Annotated[bool, typer.Option("--force", help=N_("Replace results that stand there"))]
Strict = Annotated[bool, typer.Option("--strict", help=N_("Exit with 1 when a compound fails"))]
Lang = Annotated[str | None, typer.Option("--lang", help=N_("Language of what is printed and drawn: zh or en"))]
Publish = Annotated[
    bool, typer.Option("--publish", help=N_("Make results for the public: small counts hidden, no internal mark"))
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help=N_("Tell more of what is done"))]
