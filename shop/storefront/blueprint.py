"""The storefront's blueprint: page modules attach their views to it."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("storefront", __name__)
