"""How many products stock django-oscar finds, with Whoosh as it comes: python -m benchmarks.oscar.stock_search WORD …"""

from __future__ import annotations

import json
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from haystack.query import SearchQuerySet  # noqa: E402

if __name__ == "__main__":
    call_command("rebuild_index", verbosity=0, interactive=False)
    print(json.dumps({word: SearchQuerySet().auto_query(word).count() for word in sys.argv[1:]}))
