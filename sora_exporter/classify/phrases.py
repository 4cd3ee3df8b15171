"""Phrases: texts as plain words, without regard to grammar, case, accents or the spelling of a code. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import NamedTuple, TypeVar

# InputTextSensitiveContentDetected, insufficient_quota and "没有可用的Token" become the same kind of text.
_SEAM = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[\u2e80-\uffff])(?=[A-Za-z])|(?<=[A-Za-z])(?=[\u2e80-\uffff])")
_ELISION = re.compile(r"\b([cdjlmnst]|qu)'", re.IGNORECASE)
_NO_WORD = re.compile(r"[\W_]+")
_NO_ASCII_WORD = {number: " " for number in range(128) if not chr(number).isalnum()}
_CJK = "\u2e80"
_WORDS_KEPT = 8192
_LONGEST_KEPT = 40
_Key = TypeVar("_Key")
_Found = TypeVar("_Found")
# Traditional characters of the rules' own words, and Latin letters with accents, so that rules are written once.
_TRADITIONAL = str.maketrans(
    "無額餘權訪請過帳號戶維護該負載飽滿頻驗證碼塊統圖視審違規內黃檢測風險異為併數達繳費儲點積關閉暫啟獲敗"
    "錯誤鑰錄鑒認務擁擠隊資時間輪詢參須選擇傳長區國網單組級處標現實與後會來對應棄廢沒這個們條並線顯機構體"
    "業開運營賬進設舊斷連絡調計價簽學習術動畫聲產綠約隱類別從聯繫試結",
    "无额余权访请过帐号户维护该负载饱满频验证码块统图视审违规内黄检测风险异为并数达缴费储点积关闭暂启获败"
    "错误钥录鉴认务拥挤队资时间轮询参须选择传长区国网单组级处标现实与后会来对应弃废没这个们条并线显机构体"
    "业开运营账进设旧断连络调计价签学习术动画声产绿约隐类别从联系试结",
)
_ACCENTS = {
    number: base
    for number in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
    if (base := unicodedata.normalize("NFD", chr(number))[0]).isascii()
}
_FOLD: dict[int, str | int] = {**_TRADITIONAL, **_ACCENTS, **str.maketrans("đĐßłŁøØıёЁ’", "dDslLoOiеЕ'")}
_FOLDED = re.compile(f"[{''.join(map(chr, _FOLD))}]")


def normalise(text: str) -> str:
    """Return ``text`` as lower-case words, one blank before, between and after them; apostrophes are dropped."""
    return f" {' '.join(map(_parted, _split(text)))} "


def _split(text: str) -> list[str]:
    """The words of a text, in their case, with plain letters."""
    is_ascii = text.isascii()
    if not is_ascii and _FOLDED.search(text):
        text = text.translate(_FOLD)
    if "'" in text:
        text = _ELISION.sub(r"\1 ", text).replace("'", "")
    return (text.translate(_NO_ASCII_WORD) if is_ascii else _NO_WORD.sub(" ", text)).split()


def _parted(word: str) -> str:
    """A word in lower case, split where its parts meet."""
    return _SEAM.sub(" ", word).lower()


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to say something: a word of every group in ``every``, none of ``never``, in any order."""

    every: tuple[frozenset[str], ...]
    never: frozenset[str]


@dataclass(frozen=True, slots=True)
class Phrases:
    """Several ways to say the same; ``vocabulary`` holds all their words."""

    ways: tuple[Phrase, ...]
    vocabulary: frozenset[str]

    def are_in(self, spoken: frozenset[str]) -> bool:
        """Return whether the words found in a text say this in one way at least."""
        return self.way_in(spoken) is not None

    def way_in(self, spoken: frozenset[str]) -> Phrase | None:
        """Return the first way in which the words found in a text say this, or None."""
        # Most texts share no word with most rules: one test spares them all the others.
        if self.vocabulary.isdisjoint(spoken):
            return None
        for way in self.ways:
            if way.never.isdisjoint(spoken) and not any(group.isdisjoint(spoken) for group in way.every):
                return way
        return None


def phrases(notations: Iterable[str]) -> Phrases:
    """Read phrases from ``"a|b c + d$ - e"``: a or "b c", together with the whole word d, but without e; ``"a|b~c|d"``
    is a or b right before c or d.

    A word matches where a word begins (``suspend`` finds "suspended"), with ``$`` the whole word only;
    Chinese, Japanese and Korean words, which have no blanks between them, match anywhere.
    """
    ways = tuple(_phrase(notation) for notation in notations)
    return Phrases(ways, frozenset().union(*(group for way in ways for group in (way.never, *way.every))))


def phrases_in(notation: str) -> Callable[[str], bool]:
    """Return a test of whether a text says one of the words of ``"a|b c|d$"``."""
    group = _group(notation)

    def said(text: str) -> bool:
        words = normalise(text)
        return any(needle in words for needle in group)

    return said


def _phrase(notation: str) -> Phrase:
    wanted, _, unwanted = notation.partition(" - ")
    return Phrase(tuple(_group(part) for part in wanted.split("+")), _group(unwanted) if unwanted else frozenset())


def _group(part: str) -> frozenset[str]:
    firsts, _, seconds = part.partition("~")
    pairs = [f"{first.strip()} {second.strip()}" for first in firsts.split("|") for second in seconds.split("|")]
    return frozenset(needle(pair.strip()) for pair in pairs)


def needle(word: str) -> str:
    """Return how a word of the notation is searched: behind a blank where it begins, before one too where it ends."""
    plain = normalise(word.rstrip("$"))
    if plain[1] >= _CJK:
        return plain.strip()
    return plain if word.endswith("$") else plain.rstrip()


class Index:
    """Several sets of phrases at once: which of them do the words of a text say?"""

    def __init__(self, sets: Sequence[Phrases]) -> None:
        groups = [group for said in sets for way in said.ways for group in way.every]
        uses = Counter(chain.from_iterable(groups))
        self._by_word: dict[str, list[tuple[int, tuple[frozenset[str], ...], frozenset[str]]]] = {}
        for number, said in enumerate(sets):
            for way in said.ways:
                # A text without a word of the rarest group cannot match, so nothing else is looked up.
                rarest, *others = sorted(way.every, key=lambda group: sum(uses[word] for word in group))
                for word in rarest:
                    self._by_word.setdefault(word, []).append((number, tuple(others), way.never))

    def first_said_in(self, spoken: frozenset[str], numbers: frozenset[int], end: int) -> int:
        """Return the least of ``numbers`` below ``end`` whose set the words found in a text say, else ``end``."""
        by_word = self._by_word
        for word in spoken:
            for number, others, never in by_word.get(word, ()):
                if number >= end:
                    break
                if number in numbers:
                    for group in others:
                        if group.isdisjoint(spoken):
                            break
                    else:
                        if never.isdisjoint(spoken):
                            end = number
        return end


class Found(NamedTuple):
    """A text as ``normalise`` returns it, and the words of a vocabulary in it."""

    text: str
    words: frozenset[str]


class _Known(NamedTuple):
    """The meaning of one word of a text: its parts, and the words of one part and of several parts in it."""

    parts: tuple[str, ...]
    single: tuple[str, ...]
    several: tuple[str, ...]
    leader: str
    """The last part if a word of several parts may begin with it, else nothing."""


class Vocabulary:
    """Words to look for in texts, kept by how they begin, so that a text is only searched for what it may contain."""

    def __init__(self, words: Iterable[str]) -> None:
        self._single: dict[str, list[str]] = {}
        self._several: dict[str, list[tuple[str, str]]] = {}
        for word in sorted(set(words)):
            parts = word.split()
            if len(parts) > 1:
                self._several.setdefault(parts[0], []).append((_head(word), word))
            else:
                self._single.setdefault(parts[0][:2] if word[0] >= _CJK else parts[0], []).append(word)
        self._longest = max(map(len, (*self._single, *self._several)), default=0)
        # Answers share most of their words: a word is looked up once, and so are two neighbours.
        self._known: dict[str, _Known] = {}
        self._known_pairs: dict[tuple[str, str], tuple[str, ...]] = {}

    def in_text(self, text: str) -> Found:
        """Return the words that a text contains."""
        parts: list[str] = []
        words: list[str] = []
        longer: list[str] = []
        known, pairs, leader = self._known, self._known_pairs, ""
        for word in _split(text):
            if (found := known.get(word)) is None:
                found = _keep(known, word, len(word), self._of_word(word))
            inner, single, several, next_leader = found
            if leader:
                pair = (leader, inner[0])
                if (said := pairs.get(pair)) is None:
                    said = _keep(pairs, pair, len(leader) + len(inner[0]), self._of_pair(*pair))
                longer += said
            parts += inner
            words += single
            longer += several
            leader = next_leader
        plain = f" {' '.join(parts)} "
        return Found(plain, frozenset(words + [word for word in longer if word in plain]))

    def _of_word(self, word: str) -> _Known:
        """The meaning of one word of a text."""
        parts = tuple(_parted(word).split())
        single: list[str] = []
        for part in parts:
            beginnings = (part[:length] for length in range(1, min(len(part), self._longest) + 1))
            pairs = () if part.isascii() else {*part, *map("".join, pairwise(part))}
            starts = self._single.keys() & {*beginnings, *pairs}
            single += [each for start in starts for each in self._single[start] if each in f" {part} "]
        several = tuple(each for first, second in pairwise(parts) for each in self._of_pair(first, second))
        last = parts[-1]
        return _Known(parts, tuple(single), several, "" if last.isascii() and last not in self._several else last)

    def _of_pair(self, first: str, second: str) -> tuple[str, ...]:
        """The words of several parts that may begin with these two words of a text."""
        earliest = max(len(first) - self._longest, 0)
        beginnings = [first] if first.isascii() else [first[start:] for start in range(earliest, len(first))]
        pair = f" {first} {second} "
        candidates = (each for beginning in beginnings for each in self._several.get(beginning, ()))
        return tuple(word for head, word in candidates if head in pair)


def _keep(kept: dict[_Key, _Found], key: _Key, size: int, found: _Found) -> _Found:
    """Keep what was looked up, unless it belongs to something too long to come again."""
    if size <= _LONGEST_KEPT:
        if len(kept) >= _WORDS_KEPT:
            kept.clear()
        kept[key] = found
    return found


def _head(word: str) -> str:
    """The first two parts of a word of several parts, in its notation."""
    first, second, *rest = word.split()
    return f"{' ' * word.startswith(' ')}{first} {second} " if rest else word
