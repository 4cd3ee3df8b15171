"""The checks of a caller's arguments: one clear sentence for each mistake, before anything is sent or paid."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from sora_exporter.fallback.files import is_file
from sora_exporter.fallback.outcome import Video, VideoJob
from sora_exporter.fallback.progress import Progress, ShowProgress

Ambiguous = Literal["raise", "next"]


def check_ambiguous(on_ambiguous: Ambiguous) -> Ambiguous:
    """Return the choice if it exists: a typing error must not cause a second submission."""
    if on_ambiguous not in get_args(Ambiguous):
        raise ValueError(f"on_ambiguous={on_ambiguous!r} is not known: use raise or next")
    return on_ambiguous


def check_seconds(name: str, value: float, *, least: float = 0.0) -> float:
    """Return a length of time in seconds that is a finite number and not below ``least``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} is a number of seconds, not {_kind(value)}")
    if not math.isfinite(value) or value < least:
        raise ValueError(f"{name}={value!r} is not a possible number of seconds: use at least {least:g}")
    return value


def check_address(name: str, value: str | None) -> str | None:
    """Return an address that begins with http:// or https://, or None."""
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name} is an address such as http://localhost:10198, not {_kind(value)}")
    if value is not None and not value.startswith(("http://", "https://")):
        raise ValueError(f"{name} does not begin with http:// or https://: give a whole address")
    return value


def check_order(
    prompt: str, seconds: int, product: str, prefer: str | Sequence[str], members: Mapping[str, Any]
) -> None:
    """Raise TypeError or ValueError for an order that no route could take."""
    for name, text in (("prompt", prompt), ("product", product)):
        if not isinstance(text, str):
            raise TypeError(f"{name} is a text, not {_kind(text)}")
    if not isinstance(prefer, str | Sequence) or not all(isinstance(one, str) for one in prefer):
        raise TypeError("prefer is the name of a preference or a list of service ids")
    if not prompt.strip():
        raise ValueError("the prompt is empty: describe the video")
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise TypeError(f"seconds is a whole number, not {_kind(seconds)}")
    if seconds < 1:
        raise ValueError(f"seconds={seconds} is not the length of a video: use at least 1")
    if "model" in members:
        raise ValueError("the route decides the model: choose one with product and prefer")
    for name, value in members.items():
        if not is_file(value):
            _check_member(name, value)


def check_job(job: VideoJob) -> VideoJob:
    """Return the job if it is one."""
    if not isinstance(job, VideoJob):
        raise TypeError(f"job is the VideoJob that create_video returned, not {_kind(job)}")
    return job


def check_progress(progress: ShowProgress | None) -> ShowProgress:
    """Return the function that gets each Progress; one that does nothing stands for None."""
    if progress is not None and not callable(progress):
        raise TypeError(f"progress is a function that takes a Progress, not {_kind(progress)}")
    return progress or _unseen


def check_download(video: Video | VideoJob, path: str | os.PathLike[str] | None) -> Path | None:
    """Return the path to write to, if any: its folder exists, so that no finished video is lost for lack of one."""
    if not isinstance(video, Video | VideoJob):
        raise TypeError(f"download needs the Video of wait or the VideoJob of create_video, not {_kind(video)}")
    if path is None:
        return None
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path is the path of the file to write, not {_kind(path)}")
    file = Path(path)
    if file.is_dir():
        raise ValueError(f"path {str(file)!r} is a folder: name a file in it")
    if not file.parent.is_dir():
        raise ValueError(f"path {str(file)!r} is in a folder that does not exist: create {str(file.parent)!r} first")
    return file


def _check_member(name: str, value: object) -> None:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise TypeError(f"{name} cannot be sent: use a text, number, list or mapping of JSON, or a file") from None


def _unseen(_progress: Progress) -> None:
    """Nothing watches the progress."""


def _kind(value: object) -> str:
    return type(value).__name__
