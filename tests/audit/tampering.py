"""For each check of the audit a statement that breaks just its invariant, run with triggers off and rolled back."""

from __future__ import annotations

from tests.audit.tampering_imports import IMPORTS
from tests.audit.tampering_income import INCOME
from tests.audit.tampering_town import TOWN

PAID = "(select id from customer_order where attributed_at is not null and channel = 'online' order by id limit 1)"
LINE = f"""(select l.id from order_line l join suborder s on s.id = l.suborder_id
            where s.order_id = {PAID} order by l.id limit 1)"""
SOLD_LOT = "(select lot_id from attribution order by id limit 1)"
TAMPERING: dict[str, str] = {
    **IMPORTS,
    **INCOME,
    **TOWN,
    "order-conservation": f"update payment set amount_fen = amount_fen + 1 where order_id = {PAID}",
    "order-sums": f"update suborder set freight_fen = freight_fen + 1 where order_id = {PAID}",
    "payment-order": f"""
        update payment set state = 'failed', succeeded_at = null where order_id = {PAID}
    """,
    "refund-bound": f"""
        insert into refund (payment_id, order_id, kind, key, amount_fen) select id, order_id, 'amount', 'x',
        amount_fen + 1 from payment where order_id = {PAID}
    """,
    "refund-part": f"""
        insert into refund (payment_id, order_id, suborder_id, kind, key, amount_fen) select 0, s.order_id, s.id, 'amount', 'x',
        s.goods_fen + s.freight_fen + 1 from suborder s where s.order_id = {PAID}
    """,
    "refund-lines": f"""
        insert into refund_line (refund_id, line_id, cooperative_id, quantity, fen, goods) select 0, id, cooperative_id, 1,
        net_fen, 'lost' from order_line where id = {LINE}
    """,
    "order-states": f"""
        update suborder set state = 'pending', shipped_at = null where order_id = {PAID}
    """,
    "sale-day": f"update customer_order set paid_on = paid_on + 1 where id = {PAID}",
    "prices": "update sku set price_fen = price_fen + 1 where id = (select min(id) from sku)",
    "nothing-waits": """
        insert into provider_event (event_ref, kind, payload, received_at) values ('e', 'k', '{}', now() -
        interval '1 hour')
    """,
    "freight-rule": f"""
        update suborder set freight_basis = jsonb_build_object('version', 0, 'method', 'express', 'fen', freight_fen + 1)
        where order_id = {PAID}
    """,
    "gift-parcels": f"update suborder set delivery = 'gift' where order_id = {PAID}",
    "invoices": f"""
        insert into invoice_issued (suborder_id, cooperative_id, seq, number, issued_on) select id, cooperative_id, 1,
        '12345678', current_date from suborder where order_id = {PAID} limit 1
    """,
    "transfers-received": f"""
        insert into payment (order_id, method, key, amount_fen, state, succeeded_at) select id, 'transfer', 'XC000000001',
        total_fen, 'succeeded', now() from customer_order where id = {PAID}
    """,
    "membership-steps": """
        insert into member_event (cooperative_id, member_id, seq, kind, on_date) select cooperative_id, id, 1, 'joined',
        joined_on + 1 from member order by id limit 1
    """,
    "member-heads": """
        insert into member_event (cooperative_id, member_id, seq, kind, on_date, head_before, head_after) select
        m.cooperative_id, m.id, 1, 'succession', m.joined_on, h.head_name, (select head_name from household order by id desc
        limit 1) from member m join household h on h.id = m.household_id order by m.id limit 1
    """,
    "capital-moved": """
        insert into member_event (cooperative_id, member_id, seq, kind, on_date, other_household_id, other_member_id, fen)
        select cooperative_id, id, 1, 'split', joined_on, household_id, id, 5 from member order by id limit 1
    """,
    "closed-accounts": "insert into account_closure (user_id, orders) select min(id), 0 from user_account",
    "duties": """
        insert into duty_invitation (cooperative_id, phone, duty, invited_by, expires_at, accepted_by, accepted_at)
        select min(id), 'x', 'stock', 1, now() + interval '1 day', 0, now() from cooperative
    """,
    "reviews-bought": f"""
        insert into review (line_id, cooperative_id, product_id, by, signed, stars, words, at) select id, cooperative_id,
        product_id, (select min(id) from user_account), '张**', 5, '好', '2010-01-01' from order_line where id = {LINE}
    """,
    "product-pictures": """
        update product_picture set seq = seq + 1 where id = (select id from product_picture order by product_id, seq desc limit 1)
    """,
    "ratings": "update product_rating set five = five + 1",
    "review-steps": "insert into review_reply (review_id, seq, words) values (1, 2, '谢谢')",
    "cash-on-delivery": f"""
        insert into payment (order_id, method, key, amount_fen, state) select id, 'cash', 'cash-x', total_fen, 'pending'
        from customer_order where id = {PAID}
    """,
    "return-refunds": """
        update return_request set state = 'refunded', granted_fen = asked_fen, refund_id = 0 where id =
        (select min(id) from return_request)
    """,
    "return-history": "update return_line set open = false where id = (select min(id) from return_line)",
    "coupon-lines": f"update order_line set town_borne_fen = town_borne_fen + 1 where id = {LINE}",
    "coupon-terms": """
        with t as (insert into coupon_taken (coupon_id, user_id) select (select min(id) from coupon), min(id) from user_account
        returning id, coupon_id) insert into coupon_use (taken_id, coupon_id, order_id, seller_id, fen) select t.id,
        t.coupon_id, (select min(id) from customer_order), null, 99999999 from t
    """,
    "coupon-counts": "update coupon set spent_fen = spent_fen + 1 where id = (select min(id) from coupon)",
    "coupon-refunds": f"""
        insert into refund_line (refund_id, line_id, cooperative_id, quantity, fen, goods, town_borne_fen) select 0, id,
        cooperative_id, 1, 1, 'lost', 1 from order_line where id = {LINE}
    """,
    "town-claims": """
        insert into town_payment (cooperative_id, reference, paid_on, fen) select min(id), 'x', current_date, 1
        from cooperative
    """,
    "lot-quantity": f"""
        update lot_part set quantity = quantity + 1 where lot_id = {SOLD_LOT} and seq = 1
    """,
    "lot-moves": f"update lot set returned = returned + 1 where id = {SOLD_LOT}",
    "stock-losses": """
        insert into stock_loss (cooperative_id, lot_id, quantity, value_fen, reason, borne_by, on_date, key)
        select cooperative_id, id, 1, 0, 'damage', 'cooperative', current_date, 'x' from lot order by id limit 1
    """,
    "stock-counts": """
        with c as (insert into stock_count (cooperative_id, counted_on, request_key) select cooperative_id, current_date, 'x'
        from lot order by id limit 1 returning id, cooperative_id) insert into stock_count_line (cooperative_id, count_id,
        lot_id, book, counted) select c.cooperative_id, c.id, (select min(id) from lot), 2, 1 from c
    """,
    "recalls": f"update lot set recalled_at = now() where id = {SOLD_LOT}",
    "transformed-goods": """
        insert into transformation_input (cooperative_id, transformation_id, lot_id, quantity, graded, value_fen)
        select cooperative_id, 0, id, 1, 1, 0 from lot limit 1
    """,
    "transformed-parts": f"""
        update lot_part set parent_part_id = id, receipt_id = null where lot_id = {SOLD_LOT} and seq = 1
    """,
    "transformed-value": """
        with t as (insert into transformation (cooperative_id, kind) select min(id), 'dry' from cooperative returning *)
        insert into transformation_input (cooperative_id, transformation_id, lot_id, quantity, graded, value_fen)
        select t.cooperative_id, t.id, 0, 1, 1, 1 from t
    """,
    "reservations": """
        update lot_allocation set quantity = quantity + 1 where id = (select min(id) from lot_allocation
        where state = 'reserved')
    """,
    "receipts-confirmed": "update intake_receipt set confirmed_at = now() where id = (select min(id) from intake_receipt)",
    "receipts-priced": """
        with r as (select * from intake_receipt order by id limit 1), p as (insert into intake_price (cooperative_id, produce_id,
        grade, mode, price_fen, commission_rate, grade_factor, valid_from, notice) select cooperative_id, produce_id, grade, mode,
        case mode when 'consign_commission' then 0 else price_fen + 1 end, case mode when 'consign_commission' then '0.5' end,
        grade_factor, received_on, 'x' from r returning id) update intake_receipt set intake_price_id = p.id from p where
        intake_receipt.id = (select id from r)
    """,
    "parcels-sent": """
        update shipment_line set quantity = quantity + 1 where id = (select min(id) from shipment_line)
    """,
    "parcels-complete": "delete from waybill where shipment_id = (select min(id) from shipment)",
    "lot-swaps": f"""
        insert into lot_swap (cooperative_id, line_id, from_allocation_id, to_allocation_id, quantity, fen, on_date,
        request_key) select cooperative_id, line_id, id, id, quantity, 1, current_date, 'x' from lot_allocation
        where line_id = {LINE} limit 1
    """,
    "weighings": f"""
        insert into weighing (cooperative_id, line_id, parcel, ordered, weighed, refund_line_id, request_key) select
        cooperative_id, id, 1, quantity, quantity - 1, 0, 'x' from order_line where id = {LINE}
    """,
    "line-allocation": f"update lot_allocation set state = 'released', sent = 0 where line_id = {LINE}",
    "running-split": f"""
        update lot_part set attributed_fen = attributed_fen + 1 where lot_id = {SOLD_LOT} and seq = 1
    """,
    "attribution": """
        update attribution set fen = fen + 1 where id = (select min(id) from attribution where fen > 0)
    """,
    "attribution-parties": """
        update attribution set household_id = (select max(id) from household), supplier_id = null where id =
        (select min(id) from attribution)
    """,
    "allocation-split": f"update lot_allocation set fen = fen + 1 where line_id = {LINE}",
    "reversals": """
        insert into attribution (cooperative_id, line_id, allocation_id, lot_id, lot_part_id, household_id,
        member_id, supplier_id, kind, quantity, fen, reverses_id, on_date) select cooperative_id, line_id,
        allocation_id, lot_id, lot_part_id, household_id, member_id, supplier_id, 'reversal', 0, -fen - 1,
        id, on_date from attribution where id = (select min(id) from attribution)
    """,
    "settlement": """
        update settlement_line set credit_fen = credit_fen + 1, due_fen = due_fen + 1 where id = (select min(l.id) from
        settlement_line l join settlement s on s.id = l.settlement_id where s.state <> 'draft')
    """,
    "settlement-carried": """
        update settlement_line set carried_in_fen = carried_in_fen + 1, due_fen = due_fen + 1 where id = (select min(l.id) from
        settlement_line l join settlement s on s.id = l.settlement_id where s.state <> 'draft')
    """,
    "charter-deductions": """
        insert into charter_deduction (cooperative_id, period, kind, cost_fen, borne_fen, consigned_fen, sales_fen)
        select min(id), '2020-03', 'fee', 2, 1, 1, 1 from cooperative
    """,
    "payout-booked": "delete from ledger_transaction where key = (select 'payout:' || min(id) from payout)",
    "payout-lines": """
        update settlement_line set state = 'due' where id = (select min(settlement_line_id) from payout where state = 'paid')
    """,
    "payout-people": "update payee_account set effective_at = approved_at where id = (select min(id) from payee_account)",
    "whereabouts": """
        update ledger_entry set fen = fen + 1 where id = (select min(e.id) from ledger_entry e join
        ledger_transaction t on t.id = e.transaction_id where t.kind = 'payout' and e.account = '114.payable')
    """,
    "provider-entries": """
        insert into provider_entry (provider_ref, kind, amount_fen, fee_fen, net_fen, made_at, available_at, town_fen)
        values ('x', 'charge', 100, 3, 97, now(), now(), 96)
    """,
    "provider-shares": f"""
        with n as (insert into provider_entry (provider_ref, kind, amount_fen, fee_fen, net_fen, made_at, available_at,
        town_fen, payment_id) select 'x', 'charge', 1, 0, 1, now(), now(), 0, id from payment where order_id = {PAID}
        returning id) insert into provider_share (entry_id, cooperative_id, fen) select n.id, s.cooperative_id, 1 from n,
        suborder s where s.order_id = {PAID} limit 1
    """,
    "provider-payouts": """
        with o as (insert into provider_payout (provider_ref, amount_fen, automatic, made_at, arrives_on, booked_at)
        values ('x', 5, false, now(), current_date, now()) returning id), n as (insert into provider_entry (provider_ref,
        kind, amount_fen, fee_fen, net_fen, made_at, available_at, town_fen, moved_payout_id) select 'x', 'payout', -5, 0,
        -5, now(), now(), 0, id from o returning id) insert into provider_share (entry_id, cooperative_id, fen)
        select n.id, (select min(id) from cooperative), -5 from n
    """,
    "provider-met": """
        with l as (insert into bank_statement_line (reference, booked_on, amount_fen) values ('x', current_date, 4)
        returning id) insert into provider_payout (provider_ref, amount_fen, automatic, made_at, arrives_on, booked_at,
        met_at, statement_line_id) select 'x', 5, false, now(), current_date, now(), now(), id from l
    """,
    "provider-balance": """
        insert into provider_balance (at, available_fen, pending_fen, entries_fen)
        values (now() - interval '1 hour', 1, 0, 0)
    """,
    "provider-waits": """
        insert into provider_entry (provider_ref, kind, amount_fen, fee_fen, net_fen, made_at, available_at, seen_at)
        values ('x', 'charge', 1, 0, 1, now(), now(), now() - interval '2 days')
    """,
    "connect-sent": f"""
        with a as (insert into connected_account (cooperative_id, account_ref, requested_by) select s.cooperative_id, 'acct_x',
        (select min(id) from user_account) from suborder s where s.order_id = {PAID} limit 1 returning id, cooperative_id)
        insert into connect_transfer (suborder_id, cooperative_id, payment_id, account_id, charge_ref, amount_fen, key)
        select s.id, s.cooperative_id, p.id, a.id, 'x', 1, 'x' from a join suborder s on s.cooperative_id = a.cooperative_id
        and s.order_id = {PAID} join payment p on p.order_id = s.order_id limit 1
    """,
    "connect-booked": """
        with n as (insert into provider_entry (provider_ref, kind, amount_fen, fee_fen, net_fen, made_at, available_at,
        town_fen) values ('x', 'transfer', -1, 0, -1, now(), now(), 0) returning id) insert into provider_share
        (entry_id, cooperative_id, fen) select n.id, (select min(id) from cooperative), -1 from n
    """,
    "connect-waits": f"""
        insert into connect_transfer (suborder_id, cooperative_id, payment_id, account_id, charge_ref, amount_fen, key, state,
        changed_at, created_at) select s.id, s.cooperative_id, p.id, 0, 'x', 1, 'x', 'failed', now() - interval '2 days',
        now() - interval '2 days' from suborder s join payment p on p.order_id = s.order_id where s.order_id = {PAID} limit 1
    """,
    "distribution-sums": """
        update distribution_line set patronage_fen = patronage_fen + 1 where id = (select min(id) from
        distribution_line)
    """,
    "distribution-reproducible": """
        update distribution set document = jsonb_set(document, '{inputs,surplus_fen}', '1000') where id =
        (select max(id) from distribution)
    """,
    "distribution-posted": "update distribution set state = 'posted' where id = (select max(id) from distribution)",
    "distribution-voted": "update distribution set state = 'approved' where id = (select max(id) from distribution)",
    "ledger-zero": """
        update ledger_entry set fen = fen + 1 where id = (select min(id) from ledger_entry where fen > 0)
    """,
    "sale-posted-once": f"""
        update ledger_transaction set key = 'gone' where key = 'sale:line:' || {LINE}
    """,
    "turnover": """
        update ledger_entry set fen = fen + 1 where id = (select min(e.id) from ledger_entry e join
        ledger_transaction t on t.id = e.transaction_id where t.kind = 'sale' and e.account like '113.%')
    """,
    "refund-posted-once": f"""
        insert into refund (payment_id, order_id, kind, key, amount_fen) select id, order_id, 'amount', 'x', 1 from payment
        where order_id = {PAID}
    """,
    "goods-value": """
        update ledger_entry set fen = fen + 1 where id = (select min(id) from ledger_entry where account =
        '121' and fen > 0)
    """,
    "consigned-due": """
        update ledger_entry set fen = fen + 1 where id = (select min(id) from ledger_entry where account =
        '128' and fen > 0)
    """,
    "vouchers": "update voucher set amount_fen = amount_fen + 1 where id = (select min(id) from voucher)",
    "ledger-seals": """
        update ledger_entry set household_id = (select max(id) from household) where id = (select min(id) from
        ledger_entry where account = '102')
    """,
    "closed-year": """
        update fiscal_year_close set surplus_fen = surplus_fen + 1 where id = (select min(id) from
        fiscal_year_close)
    """,
}
