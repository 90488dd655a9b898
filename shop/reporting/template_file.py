"""A Word file sent in as a template: whether it is one, and holds nothing that runs or reaches out."""

from __future__ import annotations

import re
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from shop.core.errors import Refused
from shop.core.text import N_

MAX_SENT = 2 * 1024 * 1024
_MAX_UNPACKED = 20 * 1024 * 1024
_MAX_TEXT = 2 * 1024 * 1024  # of one part: filling reads it many times over
_MAX_PARTS = 300
_DOCUMENT = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_RUNS = re.compile(r"vbaproject|vbadata|/activex/|/embeddings/|/afchunk|\.bin$", re.IGNORECASE)
_OUTSIDE = re.compile(rb"<Relationship\s[^>]*TargetMode\s*=\s*[\"']External[\"'][^>]*>", re.IGNORECASE)
_LINK = re.compile(rb"Type\s*=\s*[\"'][^\"']*/hyperlink[\"']", re.IGNORECASE)


def check(data: bytes) -> None:
    """Refuse what is no plain .docx. Raises Refused."""
    if not data:
        raise Refused(N_("请选择改好的模板"), "file")
    if len(data) > MAX_SENT:
        raise Refused(N_("文件太大，最大 2 MB"), "file")
    try:
        with ZipFile(BytesIO(data)) as archive:
            _check_parts(archive)
    except (BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError) as error:
        raise Refused(N_("这不是 .docx 文件，请在 WPS 或 Word 里另存为 .docx 再上传"), "file") from error


def _check_parts(archive: ZipFile) -> None:
    parts = archive.infolist()
    texts = [part for part in parts if part.filename.lower().endswith((".xml", ".rels"))]
    if (
        len(parts) > _MAX_PARTS
        or sum(part.file_size for part in parts) > _MAX_UNPACKED
        or any(part.file_size > _MAX_TEXT for part in texts)
    ):
        raise Refused(N_("这个文件展开以后太大，请去掉图片再上传"), "file")
    if any(_RUNS.search("/" + part.filename) for part in parts):
        raise Refused(N_("文件里有宏或嵌入的对象，请另存为不带宏的 .docx"), "file")
    if _DOCUMENT.encode() not in archive.read("[Content_Types].xml"):
        raise Refused(N_("这不是 .docx 文件，请在 WPS 或 Word 里另存为 .docx 再上传"), "file")
    for part in texts:
        body = archive.read(part)
        if part.filename.lower().endswith(".rels") and any(
            not _LINK.search(found.group()) for found in _OUTSIDE.finditer(body)
        ):
            raise Refused(N_("文件里有指向别的文件的链接，请另存一份不带链接的"), "file")
        if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
            raise Refused(N_("文件里有不认识的内容，请在 WPS 或 Word 里另存为 .docx 再上传"), "file")
