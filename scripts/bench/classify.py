"""Print the CPU time of one classification, over the recorded answers and for hostile bodies of doubling size.

Usage: python scripts/bench/classify.py. A hostile body is fine when twice its size costs about twice the time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from sora_exporter.classify import classify
from sora_exporter.result import Answer

CORPUS = Path(__file__).resolve().parents[2] / "tests" / "classify" / "corpus"
ROUNDS = 3
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


def seconds_for(answers: list[Answer]) -> float:
    """The least CPU time of five runs over ``answers``."""
    return min(_once(answers) for _ in range(5))


def _once(answers: list[Answer]) -> float:
    started_at = time.process_time()
    for answer in answers:
        classify(answer)
    return time.process_time() - started_at


def main() -> None:
    for path in sorted(CORPUS.glob("*.jsonl")):
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        names = ("endpoint", "access", "http_status", "headers", "body", "transport_error")
        answers = [Answer(**{name: line.get(name) for name in names}) for line in lines] * ROUNDS
        print(f"{path.name}: {seconds_for(answers) / len(answers) * 1e6:.0f} µs an answer")
    for name, build in HOSTILE.items():
        times = [seconds_for([Answer(http_status=500, body=build(size))]) * 1000 for size in SIZES]
        print(
            f"{name}: " + ", ".join(f"{size >> 10} KiB {each:.2f} ms" for size, each in zip(SIZES, times, strict=True))
        )


if __name__ == "__main__":
    main()
