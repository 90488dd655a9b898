"""报告模板: fetched, edited in WPS or Word, sent back; checked, kept in versions; and every placeholder explained."""

from __future__ import annotations

from flask import Response as Download
from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.accounts import guards
from shop.core import pages
from shop.core.db import transaction
from shop.core.errors import Refused
from shop.core.numbers import row_id
from shop.core.text import BadInput, clean_line
from shop.core.typed import Form, posted
from shop.reporting import paper, placeholders, template_file, templates
from shop.township.blueprint import bp
from shop.township.overview import region_name
from shop.township.reports import MEDIA, NAMES

KIND = "<any(monthly,yearly):report_kind>"
LONGEST_NOTE = 60
LONGEST_VALUE = 60


def _labels() -> dict[str, str]:
    return {"file": _("改好的模板（.docx）"), "note": _("改了什么")}


@bp.get(f"/<region>/reports/templates/{KIND}")
@guards.staff
def report_template(region: str, report_kind: str) -> str:
    return _page(report_kind, Form(_labels(), {}, frozenset({"file"})))


def _page(kind: str, form: Form) -> str:
    values = templates.sample_values(g.region_code, kind)
    current = templates.current(g.region_code, kind)
    unshown = paper.unshown(templates.body(g.region_code, kind, current)) if current else []
    return render_template(
        "township/report_template.html",
        unshown=unshown,
        place=region_name(g.region_code),
        kind=kind,
        names=NAMES,
        form=form,
        current=current,
        standard=templates.STANDARD,
        versions=templates.versions(g.region_code, kind),
        known=[(name, words, _shown(values[name])) for name, words in placeholders.known(kind).items()],
        tables=[
            (name, words, columns, len(values[name]))
            for name, (words, columns) in placeholders.tables(kind).items()
        ],
    )


def _shown(value: str | bool) -> str:
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    return value if len(value) <= LONGEST_VALUE else value[:LONGEST_VALUE] + "…"


@bp.get(f"/<region>/reports/templates/{KIND}/template.docx")
@guards.staff
def report_template_file(region: str, report_kind: str) -> Response:
    """The version that counts; ?version=N an earlier one."""
    asked = request.args.get("version", "")
    version = templates.STANDARD if asked == "0" else row_id(asked)
    if version is None:
        version = templates.current(region, report_kind)
    response = Download(templates.body(region, report_kind, version), mimetype=MEDIA["docx"])
    name = f"{region}-{report_kind}-template-{version}.docx"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post(f"/<region>/reports/templates/{KIND}")
@guards.staff
def report_template_save(region: str, report_kind: str) -> Response | tuple[str, int]:
    form = posted(_labels(), {"file"})
    upload = request.files.get("file")
    data = upload.stream.read(template_file.MAX_SENT + 1) if upload is not None else b""
    try:
        note = clean_line(
            form.text("note"), label=form.labels["note"], max_length=LONGEST_NOTE, required=False
        )
        with transaction():
            version = templates.accept(region, report_kind, data, note, guards.me().id)
    except (Refused, BadInput) as refusal:
        form.blame(refusal) if getattr(refusal, "field", None) else form.refuse("note", str(refusal))
        return _page(report_kind, form), 422
    missing = "、".join(_(name) for name in paper.unshown(data))
    pages.say(_("已换成第 %(n)s 版，以后的报告用它", n=version))
    if missing:
        pages.say(_("PDF 里没有：%(names)s。Word 文件里都在。", names=missing))
    return redirect(url_for("township.report_template", report_kind=report_kind), 303)


@bp.post(f"/<region>/reports/templates/{KIND}/standard")
@guards.staff
def report_template_reset(region: str, report_kind: str) -> Response:
    with transaction():
        templates.back_to_standard(region, report_kind, guards.me().id)
    pages.say(_("已换回标准模板，以前的版本还在"))
    return redirect(url_for("township.report_template", report_kind=report_kind), 303)
