"""Set documents in the manner of Chinese offices: A4, 仿宋 for the text, 黑体 for headings, tables with thin lines."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Mm, Pt, RGBColor

from planner.present.cells import printable

_LATIN, _TEXT, _HEADING, _TITLE = "Times New Roman", "仿宋", "黑体", "宋体"
_BODY_PT, _HEADING_PT, _TITLE_PT, _TABLE_PT, _SMALL_PT, _LINE_PT = 12, 14, 22, 10, 9, 21
_SHADE = "E8EDF3"
_UNUSED_PARTS = {"stylesWithEffects", "customXml", "numbering"}
_USED_STYLES = {"Title", "TitleChar", "Heading1", "Heading1Char", "TableGrid", "Footer", "FooterChar"}
_ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "centre": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
}


class Form:
    """A document that is filled, written and emptied again, so that thousands take no longer than they must.

    Parameters
    ----------
    title
        Title of every document.
    foot
        What stands at the foot of every page.

    Examples
    --------
    >>> import tempfile
    >>> form = Form("审查意见", foot="内部资料")
    >>> form.heading("一、审查依据")
    >>> path = Path(tempfile.mkdtemp(), "意见.docx")
    >>> form.save(path)
    >>> [paragraph.text for paragraph in docx.Document(str(path)).paragraphs]
    ['审查意见', '一、审查依据']
    """

    def __init__(self, title: str, *, foot: str) -> None:
        self._document = docx.Document()
        self._title = title
        self._lighten()
        self._page()
        self._styles()
        self._foot(foot)
        about = self._document.core_properties
        about.title, about.author, about.comments, about.keywords = printable(title), "planner", "", ""
        about.created = about.modified = datetime.now(UTC).replace(tzinfo=None)
        self._begin()

    def _begin(self) -> None:
        body = self._document.element.body
        for part in list(body):
            if part.tag != qn("w:sectPr"):
                body.remove(part)
        self._document.add_paragraph(printable(self._title), style="Title")

    def heading(self, text: str) -> None:
        """Add a heading."""
        self._document.add_paragraph(printable(text), style="Heading 1")

    def text(self, text: str, *, align: str = "left", bold: bool = False, indent: bool = True, gap_pt: int = 0) -> None:
        """Add a paragraph.

        Parameters
        ----------
        text
            What it says.
        align
            ``left``, ``centre`` or ``right``.
        bold
            Whether it is set bold.
        indent
            Whether its first line begins two characters in.
        gap_pt
            Space above it.
        """
        paragraph = self._document.add_paragraph()
        paragraph.add_run(printable(text)).bold = bold or None
        if align != "left":
            paragraph.alignment = _ALIGN[align]
        if indent:
            paragraph.paragraph_format.first_line_indent = Pt(2 * _BODY_PT)
        if gap_pt:
            paragraph.paragraph_format.space_before = Pt(gap_pt)

    def table(self, rows: Sequence[Sequence[str]], widths_mm: Sequence[float], *, heads: str = "row") -> None:
        """Add a table.

        Parameters
        ----------
        rows
            Texts of its cells; an empty text at the end of a row lets the cell before it run on.
        widths_mm
            Of its columns.
        heads
            ``row``: the first row names the columns, and stands on every page; ``columns``: every other column names
            what is beside it.
        """
        table = self._document.add_table(0, len(widths_mm), style="Table Grid")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        widths = [int(Mm(width)) for width in widths_mm]
        for place, grid in enumerate(table._tbl.tblGrid.iterchildren()):
            grid.set(qn("w:w"), str(Emu(widths[place]).twips))
        for number, row in enumerate(rows):
            head, last = heads == "row" and number == 0, number == len(rows) - 1
            table._tbl.append(_row(row, widths, head=head, pairs=heads == "columns", alone=last))

    def save(self, path: Path) -> None:
        """Write the document, all of it or nothing, and begin an empty one."""
        half = path.with_name(f".{path.name}.half")
        self._document.save(str(half))
        half.replace(path)
        self._begin()

    def _lighten(self) -> None:
        """Leave out what the blank of python-docx holds and no office paper uses: nine tenths of its size."""
        part = self._document.part
        for holder, unused in ((part.rels, _UNUSED_PARTS), (part.package.rels, {"thumbnail"})):
            for name in [name for name, one in holder.items() if one.reltype.rpartition("/")[2] in unused]:
                holder.pop(name)
        styles = self._document.styles.element
        for style in list(styles.iterchildren(qn("w:style"))):
            if style.get(qn("w:default")) != "1" and style.get(qn("w:styleId")) not in _USED_STYLES:
                styles.remove(style)

    def _page(self) -> None:
        section = self._document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(25), Mm(20)
        section.left_margin, section.right_margin = Mm(28), Mm(26)

    def _styles(self) -> None:
        styles = self._document.styles
        for fonts in styles.element.iter(qn("w:rFonts")):
            # A theme's fonts would win over those named here.
            for name in [name for name in fonts.keys() if name.endswith("Theme")]:  # noqa: SIM118 (an lxml element)
                del fonts.attrib[name]
        for language in styles.element.iter(qn("w:lang")):
            language.set(qn("w:eastAsia"), "zh-CN")
        _style(styles["Normal"], _TEXT, _BODY_PT)
        _style(styles["Title"], _TITLE, _TITLE_PT, bold=True)
        _style(styles["Heading 1"], _HEADING, _HEADING_PT)
        for border in list(styles["Title"].element.iter(qn("w:pBdr"))):
            border.getparent().remove(border)
        normal = styles["Normal"].paragraph_format
        normal.space_after = normal.space_before = Pt(0)
        normal.line_spacing_rule, normal.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(_LINE_PT)
        title = styles["Title"].paragraph_format
        title.alignment, title.space_after = WD_ALIGN_PARAGRAPH.CENTER, Pt(10)
        title.line_spacing_rule, title.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(34)
        styles["Heading 1"].paragraph_format.space_before = Pt(8)
        styles["Heading 1"].paragraph_format.space_after = Pt(2)

    def _foot(self, text: str) -> None:
        paragraph = self._document.sections[0].footer.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        runs = [paragraph.add_run(printable(text) + "  "), paragraph.add_run()]
        for run in runs:
            run.font.size = Pt(_SMALL_PT)
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), "PAGE")
        field.append(deepcopy(runs[1]._r))
        runs[1]._r.addnext(field)


def _style(style: Any, face: str, size_pt: float, *, bold: bool = False) -> None:
    style.font.name, style.font.size, style.font.bold = _LATIN, Pt(size_pt), bold
    style.font.color.rgb = RGBColor(0, 0, 0)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)


def _row(texts: Sequence[str], widths: Sequence[int], *, head: bool, pairs: bool, alone: bool) -> Any:
    """Make a row of a table; the last text runs on where fewer cells are given than there are columns.

    It stays on one page with the next row, unless it may stand alone.
    """
    row = OxmlElement("w:tr")
    properties = OxmlElement("w:trPr")
    properties.append(OxmlElement("w:cantSplit"))
    if head:
        properties.append(OxmlElement("w:tblHeader"))
    row.append(properties)
    for place, text in enumerate(texts):
        last = place == len(texts) - 1
        span = len(widths) - place if last else 1
        named = head or (pairs and place % 2 == 0)
        row.append(_cell(text, sum(widths[place : place + span]), span, named=named, alone=alone))
    return row


def _cell(text: str, width: int, span: int, *, named: bool, alone: bool) -> Any:
    cell = OxmlElement("w:tc")
    properties = OxmlElement("w:tcPr")
    properties.append(_with("w:tcW", w=str(Emu(width).twips), type="dxa"))
    if span > 1:
        properties.append(_with("w:gridSpan", val=str(span)))
    if named:
        properties.append(_with("w:shd", val="clear", color="auto", fill=_SHADE))
    properties.append(_with("w:vAlign", val="center"))
    cell.append(properties)
    paragraph = OxmlElement("w:p")
    about = OxmlElement("w:pPr")
    if not alone:
        about.append(OxmlElement("w:keepNext"))
    about.append(_with("w:spacing", before="30", after="30", line="264", lineRule="auto"))
    if named:
        about.append(_with("w:jc", val="center"))
    run, looks, words = OxmlElement("w:r"), OxmlElement("w:rPr"), OxmlElement("w:t")
    if named:
        looks.append(_with("w:rFonts", eastAsia=_HEADING))
    looks.append(_with("w:sz", val=str(2 * _TABLE_PT)))
    words.text = printable(text)
    words.set(qn("xml:space"), "preserve")
    run.append(looks)
    run.append(words)
    paragraph.append(about)
    paragraph.append(run)
    cell.append(paragraph)
    return cell


def _with(tag: str, **attributes: str) -> Any:
    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    return element
