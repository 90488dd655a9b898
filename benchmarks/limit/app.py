"""What the hardware allows: a bare Flask application that does the same jobs with one statement a page.

No users, no history, no rules, no security headers, two dozen bare lines of HTML: nothing that a shop needs. It is a yardstick.
"""

from __future__ import annotations

import os
import secrets
import threading
from typing import Any, LiteralString

import psycopg
from flask import Flask, abort, redirect, request, session
from psycopg.rows import namedtuple_row
from werkzeug.wrappers import Response

SCHEMA = """
create extension if not exists pg_trgm;
create table item (id int primary key, name text not null, spec text not null, village text not null, picture text not null,
                   price_fen bigint not null, stock bigint not null check (stock >= 0));
create index on item using gin (name gin_trgm_ops);
create table household (id int primary key, item_id int not null references item, share int not null);
create index on household (item_id);
create table basket_line (token text not null, item_id int not null references item, count int not null,
                          primary key (token, item_id));
create table sale (id bigserial primary key, token text not null, request_key text not null unique,
                   at timestamptz not null default now(), total_fen bigint not null);
create table sale_line (id bigserial primary key, sale_id bigint not null references sale, item_id int not null references item,
                        count int not null, fen bigint not null);
create table attribution (line_id bigint not null references sale_line, household_id int not null references household,
                          fen bigint not null, primary key (line_id, household_id));
create table outbox (sale_id bigint primary key references sale);
"""
LIST = "select id, name, spec, village, picture, price_fen, stock from item order by id limit 24"
SEARCH = "select id, name, spec, village, picture, price_fen, stock from item where name like %s order by id limit 24"
PRODUCT = "select id, name, spec, village, picture, price_fen, stock from item where id = %s"
ADD = """
insert into basket_line (token, item_id, count) select %s, id, %s from item where id = %s
on conflict (token, item_id) do update set count = least(basket_line.count + excluded.count, 999) returning item_id
"""
BASKET = """
select i.id, i.name, i.spec, i.village, i.picture, i.price_fen, i.stock, b.count
  from basket_line b join item i on i.id = b.item_id where b.token = %s order by i.id
"""
PLACE = """
with taken as (delete from basket_line where token = %(token)s returning item_id, count),
held as (update item i set stock = i.stock - t.count from taken t where i.id = t.item_id
         returning i.id, t.count, i.price_fen * t.count as fen),
made as (insert into sale (token, request_key, total_fen)
         select %(token)s, %(key)s, sum(fen)::bigint from held having count(*) > 0 returning id),
line as (insert into sale_line (sale_id, item_id, count, fen) select made.id, held.id, held.count, held.fen from made, held
         returning id, item_id, fen),
share as (insert into attribution (line_id, household_id, fen)
          select l.id, h.id, l.fen * h.share / 100 from line l join household h on h.item_id = l.item_id),
bell as (insert into outbox (sale_id) select id from made)
select id from made
"""
ORDER = """
select i.id, i.name, i.spec, i.village, i.picture, l.fen as price_fen, s.total_fen as stock, l.count
  from sale s join sale_line l on l.sale_id = s.id join item i on i.id = l.item_id where s.id = %s and s.token = %s
"""
FRAME = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{{ title }}</title><body><h1>{{ title }}</h1>
{% for r in rows %}<article><a href="/p/{{ r.id }}"><img src="/{{ r.picture }}.svg" alt=""><h2>{{ r.name }}</h2></a>
<p>{{ r.spec }} {{ r.village }} ¥
{{ r.price_fen // 100 }}.{{ '%02d' % (r.price_fen % 100) }} {{ r.stock }} {{ r.count }}</p></article>
{% endfor %}<form method="post" action="{{ action }}"><input type="hidden" name="csrf" value="{{ csrf }}">
<input type="hidden" name="key" value="{{ key }}"><button>{{ title }}</button></form></body></html>"""

app = Flask("limit")
app.secret_key = os.environ.get("SECRET_KEY", "limit")
_frame = app.jinja_env.from_string(FRAME)
_frame.environment.autoescape = True
_mine = threading.local()


def rows(statement: LiteralString, *values: object, **named: object) -> list[Any]:
    """One statement, committed by itself, on this thread's own connection."""
    if not hasattr(_mine, "connection"):
        _mine.connection = psycopg.connect(
            os.environ["LIMIT_DATABASE"], autocommit=True, row_factory=namedtuple_row
        )
    found: list[Any] = _mine.connection.execute(statement, named or values).fetchall()
    return found


def page(title: str, found: list[Any], action: str = "/add") -> str:
    if "csrf" not in session:
        session["csrf"], session["token"] = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
    return _frame.render(
        title=title, rows=found, action=action, csrf=session["csrf"], key=secrets.token_urlsafe(16)
    )


def checked() -> str:
    """The visitor's token, once the form's CSRF token is right."""
    if not secrets.compare_digest(request.form.get("csrf", ""), session.get("csrf", "-")):
        abort(400)
    token: str = session["token"]
    return token


@app.get("/")
def listed() -> str:
    return page("list", rows(LIST))


@app.get("/search")
def search() -> str:
    return page("search", rows(SEARCH, f"%{request.args.get('q', '')}%"))


@app.get("/p/<int:item>")
def product(item: int) -> str:
    return page("product", rows(PRODUCT, item) or abort(404))


@app.post("/add")
def add() -> Response:
    if not rows(ADD, checked(), 1, int(request.form["item"])):
        abort(404)
    return redirect("/basket", 303)


@app.get("/basket")
def basket() -> str:
    return page("basket", rows(BASKET, session.get("token", "")), "/place")


@app.post("/place")
def place() -> Response:
    made = rows(PLACE, token=checked(), key=request.form["key"]) or abort(422)
    return redirect(f"/order/{made[0].id}", 303)


@app.get("/order/<int:number>")
def order(number: int) -> str:
    return page("order", rows(ORDER, number, session.get("token", "")) or abort(404))
