"""`make messages`: collect every sentence of the pages into the English catalogue; says what has no translation yet."""

from __future__ import annotations

import sys

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from dev.runner.process import ROOT

CATALOGUE = ROOT / "shop/translations/en/LC_MESSAGES/messages.po"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
# A refusal is written in Chinese where it is raised, and translated when a page asks for it.
REFUSALS = ("Conflict", "NotFound", "Refused", "Unavailable")
KEYWORDS = DEFAULT_KEYWORDS | dict.fromkeys(("N_", "_l", *REFUSALS))


def extracted() -> Catalog:
    """Every sentence that stands in the source, with the files it stands in."""
    found = Catalog(domain="messages")
    options = {"templates/**.html": {"silent": "false"}}
    for name, _, sentence, comments, context in extract_from_dir(
        ROOT / "shop", METHODS, options, keywords=KEYWORDS
    ):
        found.add(sentence, None, [(f"shop/{name}", 0)], auto_comments=comments, context=context)
    return found


def read() -> Catalog:
    """The English catalogue as it is stored."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en", domain="messages")


def main() -> int:
    stored = read()
    stored.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
    stored.obsolete.clear()
    with CATALOGUE.open("wb") as file:
        write_po(file, stored, width=110, sort_by_file=True, include_lineno=False)
    missing = [message.id for message in stored if message.id and not message.string]
    print(f"{len(stored)} sentences, {len(missing)} without a translation")
    for sentence in missing:
        print(f"  {sentence}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
