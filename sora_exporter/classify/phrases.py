"""Phrases: what an answer says, in words, without caring for grammar, case or how a code is spelled. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# InputTextSensitiveContentDetected, insufficient_quota and "没有可用的Token" become the same kind of text.
_SEAM = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[\u2e80-\uffff])(?=[A-Za-z])|(?<=[A-Za-z])(?=[\u2e80-\uffff])")
_NO_WORD = re.compile(r"[\W_]+")
_CJK = "\u2e80"
# Traditional characters of the rules' own words, so that rules are written once.
_FOLD = str.maketrans(
    "無額餘權訪請過帳號戶維護該負載飽滿頻驗證碼塊統圖視審違規內黃檢測風險異為併數達繳費儲點積關閉暫啟獲敗"
    "錯誤鑰錄鑒認務擁擠隊資時間輪詢參須選擇傳長區國網單組級處標現實與後會來對應棄廢沒這個們條並線顯機構體"
    "業開運營賬進設舊斷連絡調計價簽學習術動畫聲產綠約隱類別從聯繫試結",
    "无额余权访请过帐号户维护该负载饱满频验证码块统图视审违规内黄检测风险异为并数达缴费储点积关闭暂启获败"
    "错误钥录鉴认务拥挤队资时间轮询参须选择传长区国网单组级处标现实与后会来对应弃废没这个们条并线显机构体"
    "业开运营账进设旧断连络调计价签学习术动画声产绿约隐类别从联系试结",
)


def normalise(text: str) -> str:
    """Return ``text`` as lower-case words, one blank before, between and after them; apostrophes are dropped."""
    if not text.isascii():
        text = text.translate(_FOLD)
    apart = _SEAM.sub(" ", text.replace("'", "").replace("’", ""))
    return f" {_NO_WORD.sub(' ', apart).strip().lower()} "


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
        """Whether the words found in a text say this in one way at least."""
        # Most texts share no word with most rules: one test spares them all the others.
        if self.vocabulary.isdisjoint(spoken):
            return False
        for way in self.ways:
            if way.never.isdisjoint(spoken) and not any(group.isdisjoint(spoken) for group in way.every):
                return True
        return False


def phrases(notations: Iterable[str]) -> Phrases:
    """Read phrases from ``"a|b c + d$ - e"``: a or "b c", together with the whole word d, but without e.

    A word matches where a word begins (``suspend`` finds "suspended"), with ``$`` the whole word only;
    Chinese, Japanese and Korean words, which no blanks part, match anywhere.
    """
    ways = tuple(_phrase(notation) for notation in notations)
    return Phrases(ways, frozenset().union(*(group for way in ways for group in (way.never, *way.every))))


def _phrase(notation: str) -> Phrase:
    wanted, _, unwanted = notation.partition(" - ")
    return Phrase(tuple(_group(part) for part in wanted.split("+")), _group(unwanted) if unwanted else frozenset())


def _group(part: str) -> frozenset[str]:
    return frozenset(_needle(word.strip()) for word in part.split("|"))


def _needle(word: str) -> str:
    if word[0] >= _CJK:
        return word.translate(_FOLD)
    return f" {word[:-1]} " if word.endswith("$") else f" {word}"


class Vocabulary:
    """Words to look for in texts, kept by how they begin, so that a text is only searched for what it may contain."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_start: dict[str, list[str]] = {}
        for word in sorted(set(words)):
            self._by_start.setdefault(word[:1] if word[0] >= _CJK else word[1:3], []).append(word)

    def in_text(self, text: str) -> frozenset[str]:
        """Return the words that the normalised ``text`` contains."""
        starts = {word[:2] if len(word) > 1 else f"{word} " for word in text.split()}
        if not text.isascii():
            starts.update(text)
        by_start = self._by_start
        return frozenset([word for start in starts if start in by_start for word in by_start[start] if word in text])
