"""A table of a Word document as HTML: widths of its columns, merged cells, lines, fills, headings repeated on every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from shop.reporting.word_look import colour, number, val, w

if TYPE_CHECKING:
    from shop.reporting.word_setting import Setting

_VERTICAL = {"center": "middle", "bottom": "bottom", "both": "middle"}
_MOST_COLUMNS = 63  # Word's own limit
_NO_LINE = frozenset({"nil", "none"})
_SIDES = {"top": "top", "bottom": "bottom", "left": "left", "right": "right", "start": "left", "end": "right"}


@dataclass
class _Cell:
    element: Any
    column: int
    across: int
    down: int = 1


def table(element: Any, setting: Setting) -> Markup:
    """The table with its columns as wide as the document says, never wider than the page."""
    rows = [_row(row) for row in element.findall(w("tr"))]
    _merge(rows)
    widths = [number(column.get(w("w"))) or 0 for column in element.findall(f"{w('tblGrid')}/{w('gridCol')}")]
    widths = _told(rows, len(widths)) or widths
    whole = sum(widths)
    columns = Markup("").join(
        Markup('<col style="width:{}%">').format(f"{width / whole * 100:.2f}") for width in widths if whole
    )
    heads = 0
    while (
        heads < len(rows)
        and element.findall(w("tr"))[heads].find(f"{w('trPr')}/{w('tblHeader')}") is not None
    ):
        heads += 1
    ruled = "ruled" if _ruled(element, setting) else ""
    side = {"center": "margin-left:auto;margin-right:auto", "right": "margin-left:auto"}.get(
        val(element.find(w("tblPr")), "jc") or "", ""
    )
    wide = f"width:{whole / 20:g}pt;" if whole else ""
    made = [_set(row, "th" if place < heads else "td", setting) for place, row in enumerate(rows)]
    return Markup(
        '<table class="{}" style="{}{}"><colgroup>{}</colgroup><thead>{}</thead><tbody>{}</tbody></table>'
    ).format(ruled, wide, side, columns, Markup("").join(made[:heads]), Markup("").join(made[heads:]))


def _row(row: Any) -> list[_Cell]:
    cells = []
    column = int(number(val(row.find(w("trPr")), "gridBefore")) or 0)
    for cell in row.iter(w("tc")):
        if cell.getparent() is not row and cell.getparent().getparent().getparent() is not row:
            continue  # of a table within a cell; a cell in a content control stands two levels below its row
        across = int(number(val(cell.find(w("tcPr")), "gridSpan")) or 1)
        across = min(max(across, 1), _MOST_COLUMNS)
        cells.append(_Cell(cell, column, across))
        column += across
    return cells


def _merge(rows: list[list[_Cell]]) -> None:
    """A cell that goes on downwards takes those below it in; they get no place of their own (down = 0)."""
    open_: dict[int, _Cell] = {}
    for row in rows:
        for cell in row:
            merge = cell.element.find(f"{w('tcPr')}/{w('vMerge')}")
            if merge is None:
                open_.pop(cell.column, None)
            elif merge.get(w("val")) == "restart" or cell.column not in open_:
                open_[cell.column] = cell
            else:
                open_[cell.column].down += 1
                cell.down = 0


def _told(rows: list[list[_Cell]], columns: int) -> list[float]:
    """Widths as a row of unmerged cells tells them: editors that leave the grid as it was change these. [] where none does."""
    for row in rows:
        widths = [number(val(cell.element.find(w("tcPr")), "tcW", "w")) or 0 for cell in row]
        kinds = {val(cell.element.find(w("tcPr")), "tcW", "type") for cell in row}
        if len(row) == columns and kinds == {"dxa"} and all(widths):
            return widths
    return []


def _ruled(element: Any, setting: Setting) -> bool:
    form = element.find(w("tblPr"))
    styles = [one.find(w("tblPr")) for one in setting.looks.chain(val(form, "tblStyle"))]
    for one in (form, *styles):
        borders = None if one is None else one.find(w("tblBorders"))
        if borders is not None:
            return any(side.get(w("val")) not in _NO_LINE for side in borders)
    return False


def _set(row: list[_Cell], tag: str, setting: Setting) -> Markup:
    return Markup("<tr>{}</tr>").format(Markup("").join(_cell(one, tag, setting) for one in row if one.down))


def _cell(cell: _Cell, tag: str, setting: Setting) -> Markup:
    form = cell.element.find(w("tcPr"))
    css = [f"vertical-align:{_VERTICAL.get(val(form, 'vAlign') or '', 'top' if tag == 'td' else 'middle')}"]
    fill = colour(val(form, "shd", "fill"))
    if fill:
        css.append(f"background:{fill}")
    borders = None if form is None else form.find(w("tcBorders"))
    for side in () if borders is None else borders:
        name = _SIDES.get(str(side.tag).rpartition("}")[2])
        if name:
            css.append(f"border-{name}:{'none' if side.get(w('val')) in _NO_LINE else '0.5pt solid #000'}")
    spans = Markup("").join(
        Markup(' {}="{}"').format(Markup(name), count)  # noqa: S704 (ours)
        for name, count in (("colspan", cell.across), ("rowspan", cell.down))
        if count > 1
    )
    return Markup('<{}{} style="{}">{}</{}>').format(
        Markup(tag), spans, ";".join(css), setting.blocks(cell.element), Markup(tag)  # noqa: S704 (ours)
    )  # fmt: skip
