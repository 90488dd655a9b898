"""The background workers: celery -A celery_worker worker, celery -A celery_worker beat."""

from shop.app import create_app

celery = create_app().extensions["celery"]
