"""The register's acts and fields in words, for the activity log and a household's history."""

from __future__ import annotations

from shop.core.text import N_

ACTS = {
    "household.closed": N_("注销农户"),
    "household.new_head": N_("镇里更换户主"),
    "household.phone": N_("改农户电话"),
    "household.able": N_("认定有条件发展产业"),
    "household.unable": N_("撤销产业认定"),
    "household.person_added": N_("添加家庭人员"),
    "household.person_left": N_("家庭人员离开"),
    "household.person_moved_out": N_("人员变动：离开这一户"),
    "household.person_moved_in": N_("人员变动：来到这一户"),
    "household.move_undone": N_("撤销人员变动"),
    "household.category": N_("给予户类别"),
    "household.category_ended": N_("结束户类别"),
    "household.exclusion": N_("登记不能入社"),
    "household.exclusion_ended": N_("结束不能入社"),
    "household.link": N_("登记产业带动"),
    "household.link_ended": N_("结束产业带动"),
    "household.loan": N_("登记小额信贷"),
    "household.loan_withdrawn": N_("撤销小额信贷"),
    "household.revealed": N_("查看农户姓名电话"),
    "register.exported": N_("导出农户名单"),
    "register.marked_sheet": N_("下载标出问题的导入表"),
}
# acts of others on a household that its history shows, too
ALSO = {
    "household.registered": N_("登记农户"),
    "household.slip_issued": N_("打印查询单"),
    "consent.given": N_("登记同意"),
    "consent.withdrawn": N_("撤回同意"),
}
FIELDS = {
    "on": N_("从哪天起"),
    "until": N_("到哪天"),
    "category": N_("类别"),
    "exclusion": N_("不能入社的原因"),
    "industry": N_("产业"),
    "person": N_("人员"),
    "move": N_("去向"),
    "households": N_("户数"),
    "last_four": N_("尾号"),
    "fen": N_("金额"),
    "why": N_("原因"),
    "persons": N_("人数"),
    "list": N_("名单"),
}
