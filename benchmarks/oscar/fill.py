"""Fills the stock django-oscar shop with the goods of ours and some signed-in buyers; prints what the visitors need as JSON.

Runs inside oscar's own environment: python -m benchmarks.oscar.fill GOODS.json BUYERS
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from oscar.apps.catalogue.categories import create_from_breadcrumbs  # noqa: E402
from oscar.core.loading import get_model  # noqa: E402

Country, UserAddress = get_model("address", "Country"), get_model("address", "UserAddress")
Product, ProductClass = get_model("catalogue", "Product"), get_model("catalogue", "ProductClass")
Partner, StockRecord = get_model("partner", "Partner"), get_model("partner", "StockRecord")
STOCK = 10_000_000
BACKEND = "django.contrib.auth.backends.ModelBackend"


def goods(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kind = ProductClass.objects.create(name="山货", requires_shipping=True, track_stock=True)
    partners = {
        name: Partner.objects.create(name=name) for name in dict.fromkeys(row["village"] for row in rows)
    }
    categories = {
        name: create_from_breadcrumbs(name) for name in dict.fromkeys(row["category"] for row in rows)
    }
    made = []
    for row in rows:
        product = Product.objects.create(
            product_class=kind,
            title=f"{row['name']} {row['spec']}",
            upc=str(row["id"]),
            description=row["story"],
        )
        product.categories.add(categories[row["category"]])
        StockRecord.objects.create(
            product=product,
            partner=partners[row["village"]],
            partner_sku=str(row["id"]),
            price_currency="CNY",
            price=Decimal(row["price_fen"]) / 100,
            num_in_stock=STOCK,
        )
        made.append({"id": product.pk, "ours": row["id"], "path": product.get_absolute_url()})
    return made


def buyers(number: int) -> list[dict[str, Any]]:
    country = Country.objects.create(
        iso_3166_1_a2="CN",
        iso_3166_1_a3="CHN",
        iso_3166_1_numeric="156",
        printable_name="China",
        name="China",
        is_shipping_country=True,
    )
    made = []
    for place in range(number):
        user = get_user_model()(username=f"buyer{place}", email=f"buyer{place}@example.com")
        user.set_unusable_password()  # hashing hundreds of passwords would take minutes
        user.save()
        address = UserAddress.objects.create(
            user=user,
            first_name="王",
            last_name="小华",
            line1="人民路1号",
            line4="十堰",
            postcode="442000",
            country=country,
        )
        session = SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), BACKEND
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        made.append({"session": session.session_key, "address": address.pk})
    return made


def main(file: str, number: int) -> None:
    rows = json.loads(Path(file).read_text())
    call_command("migrate", verbosity=0, interactive=False)
    found = {"goods": goods(rows), "buyers": buyers(number)}
    call_command("rebuild_index", verbosity=0, interactive=False)
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
