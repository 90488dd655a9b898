"""What breaks the checks of tables that were imported."""

from __future__ import annotations

IMPORTS: dict[str, str] = {
    "imports-whole": """
        insert into sheet_import (cooperative_id, kind, file_name, file_sha256, body, state, rows_total, rows_good, rows_done,
                                  uploaded_by, done_at)
        select c.id, 'intake', 'x.xlsx', repeat('0', 64), 'x', 'done', 2, 2, 2, (select min(id) from user_account), now()
          from cooperative c order by c.id limit 1
    """,
    "imports-township": """
        with i as (insert into sheet_import (region_code, kind, file_name, file_sha256, body, state, rows_total, rows_good,
            rows_done, uploaded_by, done_at) select v.region_code, 'sales', 'x.xlsx', repeat('0', 64), 'x', 'done', 1, 1, 1,
            (select min(id) from user_account), now() from village v limit 1 returning id)
        insert into sheet_import_row (import_id, number, subject_type, subject_id)
        select i.id, 2, 'order', o.id from i, customer_order o where o.channel = 'online' order by o.id limit 1
    """,
    "imports-opening": """
        insert into sheet_import (cooperative_id, kind, file_name, file_sha256, body, state, rows_total, rows_bad, uploaded_by,
                                  done_at)
        select c.id, 'opening', 'x.xlsx', repeat('0', 64), 'x', 'done', 1, 1, (select min(id) from user_account), now()
          from cooperative c order by c.id limit 1
    """,
}
