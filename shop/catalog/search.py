"""Search over products: what is stored of a product, and how a query is matched against it. Pure.

`search_text` is one line of words between blanks. Chinese words stand whole, as single characters and as pairs, so that
a trigram index finds words of one and two characters too (blank + pair + blank is three characters); their pinyin and
initials stand from every syllable on, so that a query in letters is always the beginning of a word.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator

from shop.core.pinyin import syllables

MAX_QUERY = 40
MAX_RUNS = 6
MAX_READINGS = 4

_HANZI = "\u3007\u3400-\u9fff\U00020000-\U0003ffff"
_RUN = re.compile(f"[{_HANZI}]+|[a-z0-9]+")
_AMOUNT = re.compile("[0-9]+(?:g|kg|克|斤|千克|公斤|袋|盒|瓶)?|g|kg|克|斤|千克|公斤")
# Every cooperative's name ends so; nobody looks for one by it.
_GENERIC = re.compile("(?:农民)?专业合作社(?:联合社)?|合作社")
# Other names of the same thing that people type.
_ALIASES = {
    "猕猴桃": "奇异果",
    "洋姜": "菊芋 鬼子姜",
    "阳荷": "蘘荷 阳藿",
    "香菇": "冬菇",
    "笋干": "干笋",
    "干笋": "笋干",
    "干竹笋": "笋干 干笋",
    "辣椒": "海椒",
    "土鸡": "鸡肉",
    "蜂蜜": "蜜糖",
}


def fold(text: str) -> str:
    """Full-width and upper-case forms to plain ones, tone marks away, ü as v (as a Chinese keyboard types it)."""
    plain = unicodedata.normalize("NFKD", text.replace("ü", "v").replace("Ü", "v")).casefold()
    return "".join(char for char in plain.replace("u\u0308", "v") if not unicodedata.combining(char))


def sort_key(name: str) -> str:
    """Full pinyin with blanks: what lists are sorted by."""
    return " ".join(syllables(fold(name)))


def search_text(
    name: str, produce: str, village: str, cooperative: str, category: str, name_en: str = ""
) -> str:
    """What `product.search_text` holds; made again whenever one of the names changes."""
    short = _GENERIC.sub(" ", cooperative)
    aliases = (alias for known, alias in _ALIASES.items() if known in name or known in produce)
    words: dict[str, None] = {}
    for part in (name, produce, category, village, short, *aliases, name_en):
        for run in _RUN.findall(fold(part)):
            words.update(dict.fromkeys(_forms(run)))
    words.update(dict.fromkeys(_RUN.findall(fold(cooperative))))
    return f" {' '.join(words)} "


def patterns(query: str) -> tuple[str, ...]:
    """LIKE patterns that a product's search_text must all match; none where nothing can be looked for.

    Signs, blanks and LIKE's own wildcards only separate words, so nothing of them reaches a pattern. Amounts are left
    out beside words: specs are not what is searched.
    """
    runs = list(dict.fromkeys(_RUN.findall(fold(query[:MAX_QUERY]))))
    named = [run for run in runs if not _AMOUNT.fullmatch(run)] or runs
    return tuple(_pattern(run) for run in named[:MAX_RUNS])


def near_patterns(query: str) -> tuple[str, ...]:
    """Patterns of what a query is made of, for 'nothing fits exactly, but this is near': the more match, the nearer."""
    runs = _RUN.findall(fold(query[:MAX_QUERY]))
    pieces: dict[str, None] = {}
    for run in runs:
        if run[0].isascii():
            pieces[run[: max(2, len(run) - 2)]] = None
        else:
            if len(run) > 1:  # 香姑 sounds like 香菇
                pieces["".join(syllables(run))] = None
            size = 2 if len(run) > 2 else 1
            pieces.update(dict.fromkeys(run[place : place + size] for place in range(len(run) - size + 1)))
    return tuple(_pattern(piece) for piece in itertools.islice(pieces, MAX_RUNS))


def marks(name: str, query: str) -> tuple[tuple[str, bool], ...]:
    """The name in pieces, those that the query names marked: by its characters, its pinyin or its initials."""
    hit = [False] * len(name)
    plain = [fold(char) for char in name]
    sounds = [
        syllables(char)[0] if "\u3400" <= char <= "\u9fff" else plain[place]
        for place, char in enumerate(name)
    ]
    for run in _RUN.findall(fold(query[:MAX_QUERY])):
        forms = (plain,) if not run[0].isascii() else (plain, sounds, [sound[:1] for sound in sounds])
        for first, last in itertools.chain.from_iterable(_spelled(form, run) for form in forms):
            hit[first:last] = [True] * (last - first)
    return tuple(
        ("".join(char for char, _ in piece), marked)
        for marked, piece in itertools.groupby(zip(name, hit, strict=True), key=lambda pair: pair[1])
    )


def _spelled(form: list[str], run: str) -> Iterator[tuple[int, int]]:
    """Where consecutive pieces of a name spell the run; the last piece may only begin so (xiangg of 香菇)."""
    for first in range(len(form)):
        rest = run
        for last in range(first, len(form)):
            if form[last].startswith(rest):
                yield first, last + 1
                break
            if not form[last] or not rest.startswith(form[last]):
                break
            rest = rest[len(form[last]) :]


def _pattern(run: str) -> str:
    if run[0].isascii():
        return f"% {run}%"
    return f"% {run} %" if len(run) < 3 else f"%{run}%"


def _forms(run: str) -> Iterator[str]:
    yield run
    if run[0].isascii():
        return
    yield from run
    yield from (run[place : place + 2] for place in range(len(run) - 1))
    for reading in _readings(run):
        for place in range(len(reading)):
            yield "".join(reading[place:])
            yield "".join(syllable[0] for syllable in reading[place:])


def _readings(run: str) -> Iterator[tuple[str, ...]]:
    """The reading in context first, then with single characters read as they usually are (卡子: qiazi, kazi)."""
    in_context = syllables(run)
    if len(in_context) != len(run):
        yield tuple(in_context)
        return
    choices = [
        dict.fromkeys(
            form for syllable in (here, *syllables(char)) for form in (syllable, syllable.replace("v", "u"))
        )
        for here, char in zip(in_context, run, strict=True)
    ]
    yield from itertools.islice(itertools.product(*choices), MAX_READINGS)
