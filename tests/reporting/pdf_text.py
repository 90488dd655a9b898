"""What a PDF of ours says, page by page: the glyphs of its content, read through the maps that it carries."""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\s*(<<.*?>>)\s*stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def streams(pdf: bytes) -> list[tuple[bytes, bytes]]:
    """(dictionary, unpacked contents) of every stream."""
    found = []
    for _number, head, body in _OBJECT.findall(pdf):
        found.append((head, zlib.decompressobj().decompress(body) if b"FlateDecode" in head else body))
    return found


def pages(pdf: bytes) -> list[str]:
    """The words of each page, in the order of the file."""
    letters: dict[str, str] = {}
    for _head, body in streams(pdf):
        if b"beginbfchar" in body:
            for glyph, code in re.findall(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>", body):
                letters[glyph.decode().lower()] = bytes.fromhex(code.decode()).decode("utf-16-be")
    told = []
    for _head, body in streams(pdf):
        if b" Tf" not in body or b"BT" not in body:
            continue
        words = b"".join(
            re.findall(rb"<([0-9a-fA-F]+)>", b" ".join(re.findall(rb"\[(.*?)\]\s*TJ", body, re.DOTALL)))
        )
        told.append(
            "".join(letters.get(words[i : i + 4].decode().lower(), "?") for i in range(0, len(words), 4))
        )
    return told


def pictures(pdf: bytes) -> int:
    return sum(b"/Image" in head for head, _body in streams(pdf))
