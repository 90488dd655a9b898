"""Words that food must not be advertised with: prevention or cure of disease (Food Safety Law art. 71, 73). Pure.

Whole expressions only: 山药 and 芍药 are plants, 补充 is no claim.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

FORBIDDEN = (
    "治疗", "治愈", "根治", "主治", "医治", "疗效", "药效", "药用", "入药", "疗程", "处方", "医用", "防治疾病", "预防疾病",
    "治病", "祛病", "防病", "抗病毒", "抗癌", "防癌", "癌症", "肿瘤", "抗肿瘤", "降血压", "降血糖", "降血脂", "降三高", "降压",
    "降糖", "降脂", "高血压", "糖尿病", "高血脂", "冠心病", "心脑血管", "动脉硬化", "脂肪肝", "肝炎", "胃炎", "消炎", "杀菌",
    "止咳", "化痰", "平喘", "哮喘", "失眠症", "抑郁症", "通便", "便秘", "排毒", "壮阳", "补肾", "滋阴", "保肝", "护肝", "养肝",
    "软化血管", "溶栓", "活血化瘀", "清热解毒", "延年益寿", "长生不老", "提高免疫力", "增强免疫力", "抗衰老", "返老还童",
    "替代药物", "包治百病", "药到病除", "特效", "神药",
)  # fmt: skip


def medical_claims(texts: Iterable[str]) -> list[str]:
    """The forbidden expressions found, in the order of the list; blanks and signs between the characters do not hide one."""
    plain = [
        "".join(char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char)[0] in "LN")
        for text in texts
    ]
    found = [word for word in FORBIDDEN if any(word in text for text in plain)]
    return [word for word in found if not any(word != other and word in other for other in found)]
