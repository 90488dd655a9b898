"""The web application: gunicorn wsgi:app, flask --app wsgi."""

from shop.app import create_app

app = create_app()
