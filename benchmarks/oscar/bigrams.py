"""Haystack's Whoosh engine with a text field of character pairs, so that two-character Chinese words are found."""

from __future__ import annotations

from typing import Any

from haystack.backends.whoosh_backend import WhooshEngine, WhooshSearchBackend
from whoosh.analysis import NgramWordAnalyzer
from whoosh.fields import TEXT


class Backend(WhooshSearchBackend):
    def build_schema(self, fields: Any) -> Any:
        content, schema = super().build_schema(fields)
        schema.remove(content)
        schema.add(
            content, TEXT(stored=True, analyzer=NgramWordAnalyzer(minsize=2, maxsize=2), sortable=True)
        )
        return content, schema


class Engine(WhooshEngine):
    backend = Backend
