"""The stored results of the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shop.core.db import Base


class AuditResult(Base):
    """One whole audit: every check with its count and the rows that break it (first hundred a check)."""

    __tablename__ = "audit_result"

    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime] = mapped_column(server_default=func.now())
    clean: Mapped[bool]
    checks: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
