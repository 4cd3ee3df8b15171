"""Files as members of a create request: read once, and sent in the way that each route's API takes them."""

from __future__ import annotations

import base64
import mimetypes
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from sora_exporter.config.apis import Api
from sora_exporter.http.reply import Upload

MOST_BYTES = 64 * 1024 * 1024
SIGNATURES: Mapping[bytes, str] = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}
"""The media type of content without a file name, by its first bytes."""
UNKNOWN_TYPE = "application/octet-stream"

File = os.PathLike[str] | bytes | BinaryIO


def is_file(value: object) -> bool:
    """Return whether a member's value is a path, bytes or an open file; a text never is."""
    return isinstance(value, os.PathLike | bytes) or hasattr(value, "read")


def read_files(members: Mapping[str, Any]) -> dict[str, Upload]:
    """Return the content of every member that is a file, so that each route gets all of it.

    Raises TypeError for a file that is open as text, and ValueError for one that is empty, too large or not readable.
    """
    return {member: _read(member, value) for member, value in members.items() if is_file(value)}


def lacking(api: Api, files: Mapping[str, Upload]) -> list[str]:
    """Return the members that the API does not take as files."""
    return [member for member in files if member not in api.create.files]


def in_form(api: Api, files: Mapping[str, Upload]) -> dict[str, Upload]:
    """Return the files that the API takes in a form."""
    return {member: one for member, one in files.items() if api.create.files.get(member) == "form"}


def in_body(api: Api, files: Mapping[str, Upload]) -> dict[str, str]:
    """Return the files that the API takes as text in the body, as data URLs (RFC 2397)."""
    return {
        member: f"data:{one.media_type};base64,{base64.b64encode(one.content).decode()}"
        for member, one in files.items()
        if api.create.files.get(member) == "data_url"
    }


def _read(member: str, value: Any) -> Upload:
    try:
        content = value if isinstance(value, bytes) else _content(value)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ValueError(f"the file for {member} cannot be read: {reason}") from None
    if not isinstance(content, bytes):
        raise TypeError(f"the file for {member} is open as text: open it with mode 'rb'")
    if not 0 < len(content) <= MOST_BYTES:
        raise ValueError(f"the file for {member} has {len(content)} bytes: give one of 1 byte to 64 MiB")
    name = _name(value) or member
    signature = next((kind for start, kind in SIGNATURES.items() if content.startswith(start)), UNKNOWN_TYPE)
    return Upload(name, content, mimetypes.guess_type(name)[0] or signature)


def _content(value: Any) -> Any:
    return value.read() if hasattr(value, "read") else Path(value).read_bytes()


def _name(value: object) -> str:
    """Return the file's own name, without its folders; empty text if it has none."""
    known = value if isinstance(value, os.PathLike) else getattr(value, "name", "")
    return Path(known).name if isinstance(known, str | os.PathLike) else ""
