"""Start a study: a folder with a commented study.toml and a blank template for every layer."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from planner.errors import Fault, InputError, OutputExists, toml_text
from planner.i18n import _, current, language
from planner.layers.columns import LAYERS
from planner.layers.headers.templates import template_name, write_template
from planner.layers.settings import LayerSettings
from planner.settings import SETTINGS_FILE
from planner.studytables import LayersTable


@dataclass(frozen=True)
class Started:
    """A study folder that was started.

    Parameters
    ----------
    folder
        The folder.
    written
        Names of the files that were written.
    kept
        Names of those that stood there and were left as they are.
    """

    folder: Path
    written: tuple[str, ...]
    kept: tuple[str, ...]


def new_study(folder: str | Path, *, lang: str | None = None, datum: str | None = None, force: bool = False) -> Started:
    """Make a study folder with a commented study.toml and a blank template for every layer.

    Parameters
    ----------
    folder
        The folder; made where it is not there.
    lang
        ``zh`` or ``en``: language of the templates and of the study; left out, the one in use.
    datum
        Datum of every layer, where all coordinates come from one source; left out, study.toml asks for it.
    force
        Take a folder that holds files already and add what is missing. No file there is ever replaced.

    Returns
    -------
    Started
        What was written, and what stood there already.

    Raises
    ------
    InputError
        The folder is a file, or the datum is not known.
    OutputExists
        It holds files and ``force`` is not set.

    Examples
    --------
    >>> import tempfile
    >>> started = new_study(Path(tempfile.mkdtemp(), "town"), lang="en", datum="gcj02")
    >>> started.written[:3]
    ('study.toml', 'compounds.xlsx', 'facilities.xlsx')
    >>> new_study(started.folder, lang="en")
    Traceback (most recent call last):
    planner.errors.OutputExists: ...
    """
    folder = Path(folder)
    with language(lang or current()):
        _check_free(folder, force=force)
        known = _known(datum)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".planner-draft-", dir=folder.parent) as name:
            draft = Path(name)
            (draft / SETTINGS_FILE).write_text(_settings(folder, known), encoding="utf-8")
            for layer in LayersTable.model_fields:
                write_template(layer, draft / template_name(layer))
            names = [SETTINGS_FILE, *(template_name(layer) for layer in LayersTable.model_fields)]
            folder.mkdir(exist_ok=True)
            kept = tuple(name for name in names if (folder / name).exists())
            for name in names:
                if name not in kept:
                    shutil.move(draft / name, folder / name)
    return Started(folder, tuple(name for name in names if name not in kept), kept)


def _check_free(folder: Path, *, force: bool) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InputError(Fault(_("this is a file, not a folder"), where=str(folder), todo=_("choose a folder")))
    if any(folder.iterdir()) and not force:
        raise OutputExists(
            _("{path} holds files already; give --force to add what is missing (nothing there is replaced)").format(
                path=folder
            )
        )


def _known(datum: str | None) -> str | None:
    if datum is None:
        return None
    try:
        return LayerSettings(file="-", datum=datum).datum
    except ValueError as error:
        raise InputError(
            Fault(
                _("the datum {datum} is not known").format(datum=datum),
                todo=_("choose wgs84, cgcs2000, gcj02, bd09 or EPSG:n"),
            )
        ) from error


def _settings(folder: Path, datum: str | None) -> str:
    """Fill the commented study.toml of the language in use."""
    text = Path(__file__).with_name(f"starting.{current()}.toml").read_text(encoding="utf-8")
    head, _mark, rest = text.partition("@EACH@\n")
    each, _mark, tail = rest.partition("@END@\n")
    layers = "".join(_layer(name, each, datum) for name in LayersTable.model_fields)
    study = {"@NAME@": toml_text(folder.resolve().name), "@AS_OF@": date.today().isoformat()}
    return _filled(head, study) + layers + tail


def _layer(name: str, each: str, datum: str | None) -> str:
    """Fill one layer's table; a line about the datum stands only where there are places."""
    spec = LAYERS[name]
    lines = []
    for line in each.splitlines(keepends=True):
        if not line.startswith("# datum"):
            lines.append(line)
        elif spec.has_geometry:
            lines.append(f"datum = {toml_text(datum)}\n" if datum else line)
    words = {"@LAYER@": name, "@MEANING@": _(spec.description), "@FILE@": toml_text(template_name(name))}
    return _filled("".join(lines), words)


def _filled(text: str, words: Mapping[str, str]) -> str:
    for mark, word in words.items():
        text = text.replace(mark, word)
    return text
