"""The activity log in words: what was done, on what, and what was written before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask_babel import gettext as _

from shop.accounts.duties import DUTIES, STAFF_DUTIES
from shop.aftersale import moves
from shop.cooperatives.people import register_words
from shop.cooperatives.produce.mode_words import MODES
from shop.core.money import format_yuan
from shop.core.text import N_, excerpt
from shop.orders import express

ACTS: dict[str, str] = {
    "duty.invited": N_("邀请任职"), "duty.invitation_withdrawn": N_("撤回邀请"), "duty.declined": N_("谢绝邀请"),
    "duty.accepted": N_("接受邀请"), "duty.changed": N_("换职务"), "duty.ended": N_("移除职务"), "role.granted": N_("授予职务"),
    "role.ended": N_("结束职务"), "intake.recorded": N_("登记收货"), "intake.reversed": N_("冲销收货"),
    "lot.closed": N_("封批"), "lot.certificate_shown": N_("公开合格证"), "product.created": N_("新建商品"),
    "product.edited": N_("修改商品"), "product.published": N_("上架"), "product.unpublished": N_("下架"),
    "sku.created": N_("新增规格"), "sku.hidden": N_("停售规格"), "sku.shown": N_("恢复规格"),
    "sku.price_changed": N_("改价"), "suborder.ship": N_("发货"), "suborder.waybill": N_("改快递单号"),
    "suborder.address_shown": N_("查看收货地址"), "refund.made": N_("登记退款"), "refund.repaid": N_("退款已付"),

    "payment.cash": N_("收到货款现金"), "payment.cash_refused": N_("货到拒收"), "payment.transfer": N_("转账到账"),
    "invoice.issued": N_("开发票"), "settlement.computed": N_("计算结算"), "settlement.approved": N_("审批结算"),
    "settlement.deducted": N_("登记扣款"), "payout.made": N_("做付款批次"), "payout.approved": N_("批准付款"),
    "payout.cancelled": N_("取消付款"), "payout.file_taken": N_("下载银行文件"), "payout.answered": N_("登记银行回单"),
    "payout.handed_out": N_("发放现金"), "payout.returned": N_("登记退票"), "payee.requested": N_("登记收款账户"),
    "payee.approved": N_("批准收款账户"), "payee.withdrawn": N_("撤回收款账户"), "connected.requested": N_("登记平台账户"),
    "connected.approved": N_("批准平台账户"), "connected.withdrawn": N_("撤回平台账户"), "bank_layout.added": N_("新增银行格式"),
    "bank_layout.retired": N_("停用银行格式"), "bank.statement_imported": N_("导入银行流水"),
    "bank.line_booked": N_("银行流水记账"),
    "town.month_closed": N_("乡镇月份关账"), "town.month_noted": N_("说明关账后的变动"),
    "town.paid": N_("镇里付款"), "voucher.recorded": N_("记凭证"), "voucher.reversed": N_("冲销凭证"),
    "voucher.paper_added": N_("补传单据"), "ledger.month_closed": N_("结月账"), "ledger.year_closed": N_("结年账"),
    "books.exported": N_("导出账本"), "distribution.requested": N_("发起盈余分配"), "distribution.converted": N_("转为出资"),
    "distribution.cancelled": N_("取消盈余分配"), "distribution.exported": N_("导出盈余分配"), "objection.raised": N_("提出异议"),
    "objection.answered": N_("答复异议"), "resolution.recorded": N_("登记决议"), "charter.adopted": N_("修改章程参数"),
    "loss.covered": N_("弥补亏损"), "reserve.quantified": N_("量化公积金"), "coupon.issued": N_("发优惠券"),
    "coupon.stopped": N_("停发优惠券"), "freight.published": N_("改运费"), "review.reply": N_("回复评价"),
    "member.admitted": N_("成员入社"), "member.left": N_("成员退社"), "household.registered": N_("登记农户"),
    "household.slip_issued": N_("打印查询单"), "supplier.named": N_("登记供货商"), "consent.given": N_("登记同意"),
    "consent.withdrawn": N_("撤回同意"), "cooperative.receiving": N_("改收款方式"),
    "intake.code_sent": N_("发确认码"), "intake.confirmed": N_("农户确认收货"), "intake.pictured": N_("补收货照片"),
    "intake.slip_sent": N_("发短信单"), "intake_price.set": N_("定收购价"), "list.exported": N_("导出列表"),
    "lot.events_exported": N_("导出追溯数据"), "lot.recalled": N_("召回批次"), "lot.recall_lifted": N_("解除召回"),
    "lots.transformed": N_("登记加工"), "transformation.undone": N_("撤回加工"), "stock.counted": N_("盘点"),
    "stock.lost": N_("报损"), "stock.found": N_("找回报损"), "recall.exported": N_("导出召回名单"),
    "member.head_changed": N_("更换户主"), "member.household_split": N_("分户"), "member.phone_shown": N_("查看成员电话"),
    "member.phone_changed": N_("改成员电话"),
    "member.stayed": N_("撤回退社"), "roster.printed": N_("打印名册"), "produce.added": N_("登记新产品"),
    "produce.shelf_life": N_("改保质期"), "village.added": N_("登记村"), "village.told": N_("改村介绍"),
    "cooperative.told": N_("改合作社资料"),
    "region.added": N_("登记地区"),
    "cooperative.founded": N_("登记合作社"),
    "product.copied": N_("复制商品"), "product.pictures_added": N_("加商品图片"), "product.picture_moved": N_("调图片次序"),
    "product.picture_removed": N_("移除图片"), "product.picture_restored": N_("恢复图片"),
    "product.picture_described": N_("改图片说明"),
    "sku.by_weight": N_("改称重计价"), "suborder.swap_lot": N_("换批次"), "suborder.weigh": N_("记实际重量"),
    "report.asked": N_("生成报告"), "report.taken": N_("下载报告"), "report_template.saved": N_("换报告模板"),
    "report_template.reset": N_("换回标准报告模板"),
    "sheet.uploaded": N_("上传表格"), "sheet.imported": N_("导入表格"),


    "assisted.entered": N_("镇里登记帮扶销售"), "assisted.paid": N_("帮扶销售收款"), "assisted.proven": N_("核实帮扶销售"),
    "assisted.doubted": N_("帮扶销售改回未核实"), "assisted.exported": N_("导出帮扶销售"),
    "assisted.imported": N_("导入外部销售"), "contact.added": N_("登记商家或单位"),
    "contact.changed": N_("修改商家或单位"), "notice.posted": N_("登记供应或求购"), "notice.closed": N_("关闭供应或求购"),
    "notice.matched": N_("供需对接"),
    "income.entered": N_("登记收入支出"), "income.reversed": N_("冲销收入支出"), "income.exported": N_("导出收入台账"),
    "review.write": N_("买家评价"), "review.add": N_("买家追评"), "review.hide": N_("镇里隐藏评价"),
    "review.show": N_("镇里恢复评价"), "payment.transfer_line": N_("流水对上订单"),
    "distribution.preview": N_("核对盈余分配"), "distribution.discard": N_("作废盈余分配草稿"),
    "distribution.publish": N_("公示盈余分配"), "distribution.approve": N_("审核盈余分配"),
    "distribution.post": N_("盈余分配入账"), "distribution.reverse": N_("冲回盈余分配"),
    "distribution.uphold": N_("采纳异议、撤下公示"), "distribution.pay": N_("开始发放盈余"),
    "distribution.settle": N_("盈余发放完毕"), "distribution.reopen": N_("盈余重新发放"),
    "bank.town_statement_imported": N_("导入代收账户流水"), "provider.payout_met": N_("平台转款对上流水"),
    "provider.payout_unmet": N_("撤销平台转款对账"), "odd.noted": N_("核实异常"),
    "household.capacity_entered": N_("登记土地和蜂箱"),
} | register_words.ACTS | {f"return.{event}": name for event, name in moves.EVENT_NAMES.items()}  # fmt: skip
SUBJECTS: dict[str, str] = {
    "user": N_("人员"), "duty_invitation": N_("邀请"), "role_grant": N_("职务"), "intake_receipt": N_("收货单"),
    "lot": N_("批次"), "product": N_("商品"), "sku": N_("规格"), "suborder": N_("包裹"), "order": N_("订单"),
    "refund": N_("退款"), "settlement": N_("结算单"), "payout_batch": N_("付款批次"), "payout": N_("付款"),
    "payee_account": N_("收款账户"), "connected_account": N_("平台账户"), "bank_layout": N_("银行格式"),
    "bank_statement": N_("银行流水"),
    "bank_statement_line": N_("流水行"), "voucher": N_("凭证"), "ledger_transaction": N_("分录"), "distribution": N_("盈余分配"),
    "charter": N_("章程参数"), "coupon": N_("优惠券"), "review": N_("评价"), "household": N_("农户"), "member": N_("成员"),
    "supplier": N_("供货商"), "cooperative": N_("合作社"), "return_request": N_("退款申请"),
    "transformation": N_("加工"), "sheet_import": N_("表格导入"), "intake_price": N_("收购价"), "produce": N_("产品"),
    "resolution": N_("决议"), "objection": N_("异议"), "stock_count": N_("盘点"), "lot_recall": N_("召回"),
    "trade_contact": N_("商家和单位"), "trade_notice": N_("供应或求购"), "trade_match": N_("供需对接"), "region": N_("镇"),
    "village": N_("村"),
    "household_income_entry": N_("收入台账"),
    "report": N_("报告"), "report_template": N_("报告模板"),
    "distribution_run": N_("盈余分配"), "fiscal_year_close": N_("结年账"), "town_payment": N_("镇里付款"),
    "town_month": N_("月份"), "provider_payout": N_("平台转款"), "odd_note": N_("异常"),
}  # fmt: skip
FIELDS: dict[str, str] = {
    "duty": N_("职务"), "role": N_("角色"), "number": N_("编号"), "state": N_("状态"), "reason": N_("原因"), "name": N_("名称"),
    "code": N_("代码"), "uscc": N_("统一社会信用代码"), "address": N_("地址"),
    "supervision_phone": N_("监督电话"),
    "fen": N_("金额"), "amount_fen": N_("金额"), "total_fen": N_("合计"), "value_fen": N_("价值"), "price_fen": N_("价格"),
    "due_fen": N_("应付"), "surplus_fen": N_("盈余"), "reference": N_("参考号"), "last_four": N_("尾号"), "year": N_("年度"),
    "version": N_("版本"), "quantity": N_("数量"), "period": N_("月份"), "valid_from": N_("生效日"),
    "effective_at": N_("生效时间"),
    "household": N_("户"), "supplier": N_("供货商"), "lot": N_("批次"), "mode": N_("收货方式"), "received_on": N_("收货日"),
    "paid_on": N_("付款日"), "joined_on": N_("入社日"), "left_on": N_("退社日"), "company": N_("快递公司"), "why": N_("原因"),
    "line": N_("行"), "outcome": N_("结果"), "paid": N_("已付"), "failed": N_("失败"), "lines": N_("行数"),
    "resolution": N_("决议"), "account": N_("账户"), "kind": N_("种类"), "statement": N_("报表"), "parcel": N_("包裹"),
    "bearer": N_("谁承担"), "listing": N_("哪张表"), "rows": N_("行数"), "grade": N_("等级"), "resolved_on": N_("决议日"),
    "best_before": N_("保质到"), "received": N_("收进"), "advice": N_("建议"), "how": N_("方式"), "certificate_no": N_("证号"),
    "subtitle": N_("一句话介绍"), "story": N_("商品故事"), "origin": N_("产地"), "storage": N_("贮存条件"),
    "shelf_life": N_("保质期"), "shelf_life_days": N_("保质期（天）"),
    "ships_from": N_("预售发货日"), "sold_on": N_("销售日期"), "goods": N_("货"),
    "freight_fen": N_("运费"), "spec": N_("规格"), "phone": N_("电话"), "reserve_fen": N_("公积金份额"),
    "region": N_("地区"), "rule": N_("规则"), "amount": N_("数量"),
} | register_words.FIELDS  # fmt: skip


# what codes stand for, by field
VALUES: dict[str, dict[str, str]] = {
    "mode": {code: short for code, (_name, _note, short) in MODES.items()},
    "bearer": {"cooperative": N_("合作社承担"), "town": N_("镇里承担")},
    "outcome": {"answered": N_("已答复"), "upheld": N_("成立")},
    "listing": {
        "receipts": N_("收货登记"), "lots": N_("批次"), "roster": N_("成员"), "goods": N_("商品"), "parcels": N_("待发货"),
        "parties": N_("对账"),
    },
}  # fmt: skip


class Change(NamedTuple):
    """A field with what it was and what it became, in words; `state` codes stay codes: the page draws them."""

    name: str
    label: str
    was: str
    became: str


def said(act: str) -> str:
    """What was done; an act without a word shows its code."""
    return str(_(ACTS[act])) if act in ACTS else act


def of(subject_type: str) -> str:
    """The kind of thing it was done on."""
    return str(_(SUBJECTS[subject_type])) if subject_type in SUBJECTS else subject_type


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[Change]:
    """What a reader can make something of: fields that have a word and did not stay the same."""
    names = [*(before or {}), *(name for name in after or {} if name not in (before or {}))]
    found = []
    for name in names:
        was, became = (before or {}).get(name), (after or {}).get(name)
        if name in FIELDS and was != became:
            found.append(Change(name, str(_(FIELDS[name])), _value(name, was), _value(name, became)))
    return found


def _value(name: str, value: Any) -> str:
    if value is None or value == "" or value == []:
        return "—"
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    if isinstance(value, int) and (name == "fen" or name.endswith("_fen")):
        return format_yuan(value)
    if name == "duty":
        return str(_((DUTIES | STAFF_DUTIES).get(str(value), str(value))))
    if isinstance(value, list):
        plain = [str(item) for item in value if not isinstance(item, dict | list)]
        return excerpt("、".join(plain)) if len(plain) == len(value) else str(_("%(n)s 项", n=len(value)))
    if isinstance(value, dict):
        return str(_("%(n)s 项", n=len(value)))
    if name in VALUES and str(value) in VALUES[name]:
        return str(_(VALUES[name][str(value)]))
    if name == "company":
        return express.name_of(str(value))
    return excerpt(str(value))
