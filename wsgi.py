"""The web application: gunicorn wsgi:app, flask --app wsgi."""

import gc

gc.disable()  # nothing that a start makes is garbage, and looking for it took a fifth of the time

from shop.app import create_app  # noqa: E402

app = create_app()
gc.freeze()  # what is there for good is never looked at again, and stays shared with forked children
gc.enable()
