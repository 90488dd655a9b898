"""Alembic environment: our metadata, short lock waits, one runner at a time."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import text

import shop.accounts.consents
import shop.accounts.duty_models
import shop.aftersale.models
import shop.assisted.models
import shop.audit.odd_models
import shop.catalog.favourites
import shop.catalog.picture_models
import shop.cooperatives.income.income_models
import shop.cooperatives.income.lifecycle_models
import shop.cooperatives.people.capacity
import shop.cooperatives.people.move_models
import shop.cooperatives.people.register_models
import shop.cooperatives.people.roster_models
import shop.cooperatives.produce.intake_models
import shop.cooperatives.produce.loss_models
import shop.cooperatives.produce.transformation_models
import shop.core.attachments
import shop.core.importing
import shop.core.once
import shop.orders.coupons.models
import shop.orders.facts_models
import shop.orders.fresh
import shop.orders.packing_models
import shop.orders.reminders.models
import shop.orders.reviews.models
import shop.orders.shipment_models
import shop.payments.connect.models
import shop.payments.payout_models
import shop.payments.provider.models
import shop.payments.town_models
import shop.payments.weighing_models
import shop.personal.models
import shop.reporting.models  # noqa: F401 (the comparison must see every table, also those no page uses yet)
from shop.core.db import Base, db

target_metadata = Base.metadata


def offline() -> None:
    context.configure(
        url=current_app.config["SQLALCHEMY_DATABASE_URI"],
        target_metadata=target_metadata,
        literal_binds=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def online() -> None:
    with db.engine.connect() as connection:
        connection.execute(text("set statement_timeout = 0"))
        connection.execute(text("set lock_timeout = '4s'"))
        connection.execute(text("select pg_advisory_lock(20201231)"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=target_metadata,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.execute(text("select pg_advisory_unlock(20201231)"))
        connection.commit()


if context.is_offline_mode():
    offline()
else:
    online()
