"""Print the CPU time of one classification, over the recorded answers and for hostile bodies of doubling size.

Usage: python scripts/bench/classify.py. Of each answer the least time of several passes over its corpus counts, so that
other work of the machine does not. A hostile body is fine when twice its size costs about twice the time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from sora_exporter.classify import classify
from sora_exporter.result import Answer

CORPUS = Path(__file__).resolve().parents[2] / "tests" / "classify" / "corpus"
ROUNDS = 10
SIZES = (2**17, 2**18, 2**19, 2**20)
HOSTILE: dict[str, Callable[[int], str]] = {
    "nested lists": lambda size: "[" * size,
    "nested errors": lambda size: '{"error":' * (size // 9),
    "deep text in text": lambda size: json.dumps({"error": {"message": "{" * (size - 40)}}),
    "angle brackets": lambda size: "<" * size,
    "open title": lambda size: "<title" * (size // 6),
    "request ids": lambda size: json.dumps({"error": "(request id: " * (size // 13)}),
    "one long word": lambda size: json.dumps({"error": {"message": "a" * size}}),
    "many errors": lambda size: json.dumps({"errors": [{"code": "x", "message": "no available"}] * (size // 40)}),
    "many events": lambda size: 'data: {"choices":[{"delta":{"content":"x"}}]}\n' * (size // 46),
    "many data prefixes": lambda size: "data:" * (size // 5),
    "blanks": lambda size: " " * size,
    "many sentences": lambda size: json.dumps({"message": "no. " * (size // 4)}),
    "many conditions": lambda size: json.dumps({"message": "if you, no charge, " * (size // 19)}),
    "many parameters": lambda size: json.dumps({"message": "field a_" * (size // 8)}),
    "many status words": lambda size: json.dumps({"status": "a " * (size // 2), "id": "x"}),
    "many notices": lambda size: 'data: {"choices":[{"delta":{"reasoning":"failed "}}]}\n' * (size // 53),
    "half words": lambda size: json.dumps({"message": "rate " * (size // 5)}),
}


def seconds_for(answers: list[Answer], rounds: int = ROUNDS) -> float:
    """The mean CPU time of one answer, each at its best of several passes over all of them."""
    passes = ([_once(answer) for answer in answers] for _ in range(rounds))
    return sum(map(min, zip(*passes, strict=True))) / len(answers)


def _once(answer: Answer) -> float:
    started_at = time.process_time()
    classify(answer)
    return time.process_time() - started_at


def main() -> None:
    for path in sorted(CORPUS.glob("*.jsonl")):
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        names = ("endpoint", "access", "http_status", "headers", "body", "transport_error")
        answers = [Answer(**{name: line.get(name) for name in names}) for line in lines]
        print(f"{path.name}: {seconds_for(answers) * 1e6:.0f} µs an answer")
    for name, build in HOSTILE.items():
        times = [seconds_for([Answer(http_status=500, body=build(size))], 3) * 1000 for size in SIZES]
        print(
            f"{name}: " + ", ".join(f"{size >> 10} KiB {each:.2f} ms" for size, each in zip(SIZES, times, strict=True))
        )


if __name__ == "__main__":
    main()
