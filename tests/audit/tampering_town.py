"""What breaks the checks of the township's door: code → the statement that makes the check find something."""

from __future__ import annotations

REPORT = """insert into report (region_code, kind, period, template_version, state, facts, facts_sha256, facts_at, audit_id,
    audit_sha256, docx, xlsx, pdf, done_at) select '420302100', 'yearly', '2020', 0, 'done', f, encode(sha256(convert_to(
    f, 'UTF8')), 'hex'), now(), 0, 'x', 'x', 'x', 'x', now()"""
WINDOWS = """'{"now": {"first": "2020-01-01", "last": "2020-12-31"}}'::jsonb"""
TOWN: dict[str, str] = {
    "register-days": """
        update household set left_on = '2000-01-01' where id = (select min(household_id) from household_category)
    """,
    "register-persons": """
        update person set before_id = (select min(id) from person), joined_on = current_date where id = (select max(id)
        from person)
    """,
    "register-moves": """
        insert into person_move (household_id, person_id, kind, on_date, evidence, made_by) select household_id, id, 'death',
        current_date, 'x', (select min(id) from user_account) from person where left_on is null order by id limit 1
    """,
    "register-members": "update household set left_on = current_date where id = (select min(household_id) from member)",
    "register-reveals": """
        insert into reveal (region_code, kind, reason, households, made_by) select code, 'household', '没有说是谁家', 1,
        (select min(id) from user_account) from region order by code limit 1
    """,
    "register-steps": """
        insert into register_step (household_id, act, on_date, request_key, made_by) select min(id), 'phone', current_date,
        'x', (select min(id) from user_account) from household
    """,
    "reports-sealed": f"""
        {REPORT} from (select '{{}}') as x(f)
    """,
    "reports-sales": f"""
        {REPORT} from (select jsonb_build_object('windows', {WINDOWS}, 'counted', jsonb_build_object('sales', jsonb_build_object(
        'fen', 1, 'number', 1, 'rows', format('{{[%s,%s]}}', min(id), min(id)))),
        'tables', '{{"cooperative": [], "product": []}}'::jsonb,
        'figures', '[{{"code": "sales", "value": 1}}]'::jsonb)::text from attribution) as x(f)
    """,
    "reports-money": f"""
        {REPORT} from (select jsonb_build_object('windows', {WINDOWS}, 'counted', jsonb_build_object('money', jsonb_build_object(
        'fen', 0, 'number', 0, 'rows', '{{}}')), 'tables', '{{"money": []}}'::jsonb,
        'figures', '[{{"code": "credited", "value": 1}}]'::jsonb)::text) as x(f)
    """,
    "odd-notes": """
        insert into odd_note (region_code, rule, subject, fingerprint, reason, noted_by) select '420302100', 'unsent', 'unsent:1',
        repeat('0', 32), '问过了', min(id) from user_account
    """,
    "staff-duties": """
        update role_grant set valid_to = current_date, ended_at = now() where duty = 'approver'
    """,
    "daily-sales": "update sales_day set fen = fen + 1 where cooperative_id = (select min(cooperative_id) from sales_day)",
    "daily-money": """
        update household_year set sold_from = sold_from + 1 where household_id = (select min(household_id) from household_year
        where sold_from is not null)
    """,
    "county-sales": "update sales_year set lines = lines + 1 where cooperative_id = (select min(cooperative_id) from sales_year)",
    "county-money": "delete from household_home where household_id = (select min(household_id) from household_year)",
    "closed-town-months": """
        insert into town_month (region_code, month, facts, sales_fen, assisted_fen, money_fen, sha256, closed_by)
        select r.code, '2020-11-01', '{"region": "x", "month": "2020-11", "sales": [], "money": {}, "households": {}}', 1, 0, 0,
        repeat('0', 64), (select min(id) from user_account) from region r where r.level = 'township' order by r.code limit 1
    """,
    "assisted-proof": """
        insert into assisted_sale (order_id, entered_by) select o.id, (select min(id) from user_account)
        from customer_order o where o.channel = 'assisted' and o.evidence is not null order by o.id limit 1
    """,
    "assisted-entered": """
        insert into assisted_sale (order_id, entered_by, platform, platform_number, platform_line)
        select o.id, (select min(id) from user_account), '832', 'A-1', 1
        from customer_order o where o.channel = 'assisted' order by o.id limit 1
    """,
    "trade-matches": """
        update trade_notice set state = 'open' where id = (select min(id) from trade_notice where state = 'matched')
    """,
}
