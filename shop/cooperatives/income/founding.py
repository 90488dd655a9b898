"""A region enters the shop, a village, and a cooperative with its charter's first parameters."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from shop.cooperatives.income import charters
from shop.cooperatives.income.charters import Terms
from shop.cooperatives.people import public_contact
from shop.cooperatives.people.models import Charter, Cooperative, Region, Village
from shop.core import activity, clock, credit_codes
from shop.core.db import insert_rows, session
from shop.core.errors import Conflict, NotFound, Refused, beside
from shop.core.numbers import fold
from shop.core.pinyin import sort_key
from shop.core.text import clean_line

_SHORT = re.compile(r"[a-z][a-z0-9-]{1,29}")
LEVELS = {
    2: "province",
    4: "city",
    6: "county",
    9: "township",
}  # by the length of the code (GB/T 2260, GB/T 10114)
FARMERS = "93"  # the credit code of a farmers' cooperative begins so (GB 32100-2015, table 1)


@dataclass(frozen=True, slots=True)
class Founding:
    """A cooperative as the register of the market authority has it; `code` stands in its addresses."""

    village_id: int
    name: str
    code: str
    uscc: str
    address: str
    phone: str
    supervision_phone: str
    founded_on: date
    decided_on: date


def add_region(code: str, name: str) -> str:
    """A province, city, county or township by its statistical code; returns its level.

    Raises Refused for a bad code or name or where the region above is missing, Conflict where it is there already.
    """
    level = LEVELS.get(len(code)) if code.isascii() and code.isdigit() else None
    if level is None:
        raise Refused("地区代码是 2、4、6 或 9 位数字", field="code")
    shorter = [length for length in LEVELS if length < len(code)]
    above = code[: shorter[-1]] if shorter else None
    if above is not None and session().get(Region, above) is None:
        raise Refused("请先登记上一级地区 %(code)s", field="code", code=above)
    name = _line(name, "地区名称", 30, "name")
    try:
        with session().begin_nested():
            insert_rows(Region, [{"code": code, "name": name, "level": level, "parent_code": above}])
    except IntegrityError as error:
        raise Conflict("这个代码的地区已经有了", field="code") from error
    activity.record("region.added", "region", code, after={"code": code, "name": name})
    return level


def add_village(region_code: str, code: str, name: str, by: int) -> int:
    """A village of a township by its 12-digit statistical code; returns its id.

    Raises Refused (not a township, bad code or name), Conflict where the code is there already.
    """
    level = session().scalar(select(Region.level).where(Region.code == region_code))
    if level != "township":
        raise Refused("村要在乡镇的页面上登记", field="code")
    code = fold(code).replace(" ", "")
    if not (code.isascii() and code.isdigit() and len(code) == 12 and code.startswith(region_code)):
        raise Refused(
            "村的统计代码是 12 位数字，前 9 位是本镇的 %(region)s", field="code", region=region_code
        )
    name = _line(name, "村名", 30, "village")
    row = {"code": code, "region_code": region_code, "name": name, "pinyin": sort_key(name)}
    try:
        with session().begin_nested():
            made = int(insert_rows(Village, [row], "id")[0])
    except IntegrityError as error:
        raise Conflict("这个代码的村已经有了", field="code") from error
    activity.record("village.added", "village", made, after={"code": code, "name": name}, actor_id=by)
    return made


def found(region_code: str, founding: Founding, terms: Terms, by: int) -> int:
    """Enter a cooperative with its first charter parameters; returns its id. It has no people yet: invite its chair.

    Raises NotFound for a village of elsewhere, Refused beside what is wrong, Conflict where address or credit code is taken.
    """
    village = session().get(Village, founding.village_id)
    if village is None or not village.region_code.startswith(region_code):
        raise NotFound
    row = _checked(founding)
    charters.check(terms)
    if terms.valid_from > clock.today():
        raise Refused("第一份章程要从今天或以前生效，不然现在收的货没有依据", field="valid_from")
    try:
        with session().begin_nested():
            made = int(insert_rows(Cooperative, [row], "id")[0])
    except IntegrityError as error:
        if "uscc" in str(error.orig):
            raise Conflict("这个统一社会信用代码的合作社已经有了", field="uscc") from error
        raise Conflict("这个网址代码已经有合作社用了，请换一个", field="code") from error
    words = f"{founding.decided_on.isoformat()} 设立大会"
    insert_rows(Charter, [asdict(terms) | {"cooperative_id": made, "resolution": words}])
    activity.record(
        "cooperative.founded", "cooperative", made, cooperative_id=made, actor_id=by,
        after={"name": row["name"], "code": row["code"], "uscc": row["uscc"], "valid_from": terms.valid_from.isoformat()},
    )  # fmt: skip
    return made


def _checked(founding: Founding) -> dict[str, object]:
    name = _line(founding.name, "合作社名称", 60, "name")
    code = fold(founding.code).lower()
    if not _SHORT.fullmatch(code):
        raise Refused(
            "网址代码用小写字母开头，只用小写字母、数字和短横，2 到 30 个，例如 dachuan", field="code"
        )
    uscc = credit_codes.read(founding.uscc, "uscc")
    if not uscc.startswith(FARMERS):
        raise Refused("农民专业合作社的信用代码以 93 开头，请对一遍营业执照", field="uscc")
    today = clock.today()
    if founding.founded_on > today:
        raise Refused("成立日期不能在今天以后", field="founded_on")
    if founding.decided_on > today:
        raise Refused("开会日期不能在今天以后", field="decided_on")
    return {
        "village_id": founding.village_id, "name": name, "pinyin": sort_key(name), "code": code, "uscc": uscc,
        "address": public_contact.address(founding.address),
        "phone": public_contact.phone(founding.phone, "phone"),
        "supervision_phone": public_contact.phone(founding.supervision_phone, "supervision_phone"),
        "founded_on": founding.founded_on,
    }  # fmt: skip


def _line(text: str, label: str, longest: int, field: str) -> str:
    with beside(field):
        return clean_line(text, label=label, max_length=longest)
