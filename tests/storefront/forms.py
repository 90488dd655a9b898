"""Reading forms out of pages, as a browser without JavaScript does."""

from __future__ import annotations

import html as entities
import re


def hidden(page: str, form_id: str = "order") -> dict[str, str]:
    """The hidden fields of the form with this id."""
    form = page.split(f'id="{form_id}"', 1)[1].split("</form>", 1)[0]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: entities.unescape(value) for name, value in found}


def error_beside(page: str, field_id: str) -> str:
    """The sentence beside a field; empty where there is none."""
    match = re.search(rf'id="{field_id}-error">.*?<span>(.*?)</span></p>', page, re.DOTALL)
    return entities.unescape(match[1]) if match else ""


def value_of(page: str, field_id: str) -> str:
    """What stands in an input."""
    match = re.search(rf'<input[^>]*id="{field_id}"[^>]*value="([^"]*)"', page)
    return entities.unescape(match[1]) if match else ""
