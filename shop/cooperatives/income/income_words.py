"""Classes and sources of a household's income in words. The table `income_source` says which there are."""

from __future__ import annotations

from shop.core.text import N_

EXPENSE = "expense"
CLASSES = {
    "wage": N_("工资性收入"),
    "operating": N_("经营性收入"),
    "property": N_("财产性收入"),
    "transfer": N_("转移性收入"),
    EXPENSE: N_("生产经营支出"),
}
# source code → its name as the table has it, here for the catalogue of translations
SOURCES = {
    "work_local": N_("本地务工"), "work_away": N_("外出务工"), "work_cooperative": N_("在合作社务工"),
    "post_public": N_("公益岗位"), "pv_post_wage": N_("光伏公益岗位工资"), "goods_sold": N_("合作社货款"),
    "patronage": N_("盈余返还"), "farming": N_("自家种养出售"), "business": N_("小生意、农家乐"),
    "residual": N_("剩余盈余分配"), "land_rent": N_("土地流转租金"), "house_rent": N_("房屋和设备出租"),
    "collective_dividend": N_("村集体分红"), "industry_dividend": N_("产业带动分红"), "farm_subsidy": N_("农业补贴"),
    "industry_award": N_("产业奖补"), "pension": N_("养老金"), "family_support": N_("亲属赡养和赠送"),
    "loan_interest_subsidy": N_("小额信贷贴息"), "basic_guarantee": N_("基本保障补助"), "deduction": N_("合作社代扣费用"),
    "inputs": N_("种子、化肥、饲料等"), "hired": N_("雇工和机耕"), "business_cost": N_("其他生产经营支出"),
}  # fmt: skip
