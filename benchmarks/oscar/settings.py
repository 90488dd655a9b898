"""A stock django-oscar shop on PostgreSQL: every default kept, debug off, templates cached, connections kept open.

Runs in a virtual environment of its own (requirements/bench.txt). The one change in its favour: a search index of Chinese
character pairs (benchmarks/oscar/bigrams.py), since with its own analyzer it finds none of the three words.
"""

from __future__ import annotations

import os
from pathlib import Path

from oscar.defaults import *  # noqa: F403 (that is how its settings are taken)

FOLDER = Path(os.environ["OSCAR_FOLDER"])
SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
SITE_ID = 1
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
LANGUAGE_CODE = "zh-cn"
ROOT_URLCONF = "benchmarks.oscar.urls"
STATIC_URL = "/static/"
STATIC_ROOT = str(FOLDER / "static")
MEDIA_URL = "/media/"
MEDIA_ROOT = str(FOLDER / "media")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
OSCAR_DEFAULT_CURRENCY = "CNY"
OSCAR_SLUG_ALLOW_UNICODE = True

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["OSCAR_DATABASE"],
        "HOST": os.environ["OSCAR_DATABASE_HOST"],
        "USER": os.environ["OSCAR_DATABASE_USER"],
        "CONN_MAX_AGE": None,
        "ATOMIC_REQUESTS": True,
    }
}

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    "django.contrib.flatpages",
    "oscar.config.Shop",
    *(
        f"oscar.apps.{name}.apps.{name.replace('.', ' ').title().replace(' ', '')}Config"
        for name in (
            *(
                "analytics",
                "checkout",
                "address",
                "shipping",
                "catalogue",
                "catalogue.reviews",
                "communication",
                "partner",
            ),
            *(
                "basket",
                "payment",
                "offer",
                "order",
                "customer",
                "search",
                "voucher",
                "wishlists",
                "dashboard",
            ),
        )
    ),
    *(
        f"oscar.apps.dashboard.{name}.apps.{name.title()}DashboardConfig"
        for name in (
            *(
                "reports",
                "users",
                "orders",
                "catalogue",
                "offers",
                "partners",
                "pages",
                "ranges",
                "reviews",
                "vouchers",
            ),
            *("communications", "shipping"),
        )
    ),
    *("widget_tweaks", "haystack", "treebeard", "sorl.thumbnail", "django_tables2"),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "oscar.apps.basket.middleware.BasketMiddleware",
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "oscar.apps.search.context_processors.search_form",
                "oscar.apps.checkout.context_processors.checkout",
                "oscar.apps.communication.notifications.context_processors.notifications",
                "oscar.core.context_processors.metadata",
            ]
        },
    }
]

AUTHENTICATION_BACKENDS = [
    "oscar.apps.customer.auth_backends.EmailBackend",
    "django.contrib.auth.backends.ModelBackend",
]
HAYSTACK_CONNECTIONS = {
    "default": {
        "ENGINE": os.environ.get("OSCAR_SEARCH", "benchmarks.oscar.bigrams.Engine"),
        "PATH": str(FOLDER / "index"),
    }
}
if os.environ.get("OSCAR_FILLING"):
    HAYSTACK_SIGNAL_PROCESSOR = "haystack.signals.BaseSignalProcessor"  # indexed once at the end
LOGGING = {
    "version": 1,
    "root": {"level": "ERROR", "handlers": ["err"]},
    "handlers": {"err": {"class": "logging.StreamHandler"}},
}
