"""A person's data as one ZIP: data.json for machines, data.xlsx for people (PIPL art. 45: to look at, copy and take along)."""

from __future__ import annotations

import json
import zipfile
from datetime import date, datetime
from io import BytesIO
from typing import Any

from flask_babel import gettext

from shop.core import clock
from shop.core.spreadsheet import Column, Sheet, workbook
from shop.core.text import N_
from shop.orders import states
from shop.personal.gathering import Rows

ABOUT = N_(
    "这是你在本店的全部个人信息。data.xlsx 用表格软件打开；data.json 给程序读，金额单位是分，时间是世界时。"
)
NAMES = {
    "profile": N_("账号"), "addresses": N_("收货地址"), "invoice_headings": N_("发票抬头"), "orders": N_("订单"),
    "parts": N_("分社发货"), "lines": N_("商品"), "gift_recipients": N_("收礼人"), "invoices": N_("发票"),
    "payments": N_("付款"), "refunds": N_("退款"), "events": N_("订单经过"), "basket": N_("购物车"),
    "consents": N_("同意记录"), "parcels": N_("包裹"), "returns": N_("退款申请"),
    "reviews": N_("评价"), "coupons": N_("优惠券"), "favourites": N_("我的收藏"), "emails": N_("电子邮箱"),
    "devices": N_("登录的设备"),
}  # fmt: skip
LABELS = {
    "name": N_("称呼"), "phone": N_("手机号"), "unit_name": N_("单位"), "unit_tax_code": N_("统一社会信用代码"),
    "created_at": N_("建立时间"), "recipient": N_("收货人"), "province": N_("省份"), "city": N_("城市"),
    "district": N_("区县"), "street": N_("乡镇街道"), "detail": N_("详细地址"), "kind": N_("种类"), "title": N_("发票抬头"),
    "tax_code": N_("统一社会信用代码"), "number": N_("编号"), "state": N_("状态"), "close_reason": N_("关闭原因"),
    "pay_method": N_("付款方式"), "region_text": N_("地区"), "address": N_("详细地址"), "goods_fen": N_("货款"),
    "freight_fen": N_("运费"), "discount_fen": N_("优惠"), "town_borne_fen": N_("镇里承担"), "total_fen": N_("合计"),
    "note": N_("留言"), "greeting": N_("祝福语"), "invoice_kind": N_("发票种类"), "invoice_title": N_("发票抬头"),
    "invoice_tax_code": N_("统一社会信用代码"), "placed_at": N_("下单时间"), "paid_at": N_("付款时间"),
    "closed_at": N_("关闭时间"), "seller": N_("卖家"), "delivery": N_("送货方式"), "express_company": N_("快递公司"),
    "express_number": N_("快递单号"), "shipped_at": N_("发货时间"), "received_at": N_("签收时间"), "part": N_("发货单"),
    "product_name": N_("商品"), "spec": N_("规格"), "unit_price_fen": N_("单价"), "count": N_("数量"), "net_fen": N_("实付货款"),
    "issued_on": N_("开票日期"), "order": N_("订单"), "method": N_("付款方式"), "amount_fen": N_("金额"),
    "succeeded_at": N_("到账时间"), "reason": N_("原因"), "event": N_("经过"), "at": N_("时间"), "sku_id": N_("规格编号"),
    "added_at": N_("加入时间"), "purpose": N_("事项"), "given": N_("同意"), "version": N_("说明版本"), "seen_at": N_("最近使用"),
    "revoked_at": N_("退出时间"), "ip": N_("网络地址"), "agent": N_("浏览器自报的名字"), "browser": N_("浏览器"),
    "system": N_("系统"), "is_default": N_("默认"), "words": N_("说明"), "asked_fen": N_("申请金额"),
    "granted_fen": N_("同意金额"),
    "asked_at": N_("申请时间"), "signed": N_("署名"), "stars": N_("几颗星"), "added": N_("追评"), "taken_at": N_("领取时间"),
    "ends_on": N_("有效期到"), "email": N_("电子邮箱"), "set_at": N_("填写时间"),
}  # fmt: skip
WORDS = {
    "pay_method": {"online": N_("在线支付"), "transfer": N_("对公转账"), "cash": N_("货到付款")},
    "method": {"stripe": N_("在线支付"), "transfer": N_("对公转账"), "cash": N_("货到付款")},
    "delivery": {"express": N_("快递"), "town": N_("送货上门"), "pickup": N_("自提"), "gift": N_("分送多人")},
    "purpose": {"privacy": N_("隐私说明"), "marketing": N_("优惠消息")},
    "event": states.EVENT_NAMES,
    "state": states.ORDER_STATES | states.SUBORDER_STATES,
    "close_reason": states.CLOSE_REASONS,
}


def packed(tables: dict[str, Rows]) -> bytes:
    """The ZIP; sentences in the language in force."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("README.txt", gettext(ABOUT) + "\n")
        file.writestr("data.json", json.dumps(tables, ensure_ascii=False, indent=1, default=_plain))
        file.writestr("data.xlsx", workbook([_sheet(name, rows) for name, rows in tables.items()]))
    return buffer.getvalue()


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _sheet(name: str, rows: Rows) -> Sheet:
    keys = [key for key in (rows[0] if rows else {}) if key != "id"]
    columns = [Column(key, LABELS[key], _kind(key)) for key in keys]
    shown = [{key: _shown(key, row[key]) for key in keys} for row in rows]
    title = gettext(NAMES[name])
    return Sheet(title, title, columns, shown, notes=() if rows else (gettext("没有记录"),))


def _kind(key: str) -> str:
    return "yuan" if key.endswith("_fen") else "num" if key == "count" else "text"


def _shown(key: str, value: Any) -> Any:
    if isinstance(value, bool):
        return gettext("是") if value else gettext("否")
    if isinstance(value, datetime):
        return f"{clock.in_shanghai(value):%Y-%m-%d %H:%M}"
    if isinstance(value, str) and key in {"browser", "system"}:
        return gettext(value) if value else ""
    words = WORDS.get(key, {})
    return gettext(words[value]) if value in words else value
