"""Express companies and what their waybill numbers look like. A pattern only warns: companies change them. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from shop.core.text import N_


class Company(NamedTuple):
    """`code` is stored; `pattern` is the usual shape of a number, None where there is no usual one."""

    code: str
    name: str
    pattern: str | None


COMPANIES = (
    Company("sf", N_("顺丰速运"), r"SF[0-9]{12,13}|[0-9]{12}"),
    Company("ems", N_("邮政 EMS"), r"[0-9]{13}|E[A-Z][0-9]{9}CN"),
    Company("post", N_("邮政快递包裹"), r"9[0-9]{12}|[A-Z]{2}[0-9]{9}CN"),
    Company("yto", N_("圆通速递"), r"YT[0-9]{13}|[A-Z]?[0-9]{10,12}"),
    Company("zto", N_("中通快递"), r"[0-9]{12,14}"),
    Company("sto", N_("申通快递"), r"[0-9]{12,15}"),
    Company("yunda", N_("韵达速递"), r"[0-9]{13,15}"),
    Company("jt", N_("极兔速递"), r"JT[0-9]{13}"),
    Company("jd", N_("京东物流"), r"JD[A-Z]{0,2}[0-9]{11,13}"),
    Company("deppon", N_("德邦快递"), r"DPK[0-9]{12}|[0-9]{8,12}"),
    Company("zjs", N_("宅急送"), r"[A-Z]?[0-9]{10,12}"),
    Company("own", N_("合作社自送"), None),
)
BY_CODE = {company.code: company for company in COMPANIES}


def name_of(code: str | None) -> str:
    """The company's Chinese name, or the code where it is none of ours."""
    return BY_CODE[code].name if code in BY_CODE else code or ""


def looks_unusual(code: str, number: str) -> bool:
    """Whether the number is not shaped as this company's usually are: worth a second look before it is sent."""
    company = BY_CODE.get(code)
    return (
        company is not None and company.pattern is not None and re.fullmatch(company.pattern, number) is None
    )
