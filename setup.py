"""What pyproject.toml cannot say: the sdist is reproducible, and the description on an index has absolute links."""

from __future__ import annotations

import gzip
import os
import re
import tarfile
import time
from pathlib import Path
from typing import Any

from setuptools import Distribution, setup
from setuptools.command.sdist import sdist

REPOSITORY = "https://github.com/sora-exporter/sora_exporter"
RAW = "https://raw.githubusercontent.com/sora-exporter/sora_exporter"
LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<path>(?!https?:|#)[^)\s]+)\)")
SOURCE = re.compile(r'(?P<name>\bsrc(?:set)?)="(?P<path>(?!https?:)[^"]+)"')
"""The picture of an element of HTML, which Markdown has no form for: another one in the dark."""


class Described(Distribution):
    """Shows the README with addresses of this version instead of paths."""

    def parse_config_files(self, *arguments: Any, **options: Any) -> None:
        super().parse_config_files(*arguments, **options)
        version, text = self.metadata.version, self.metadata.long_description or ""

        def absolute(link: re.Match[str]) -> str:
            place = f"{RAW}/v{version}" if link["image"] else f"{REPOSITORY}/blob/v{version}"
            return f"{link['image']}[{link['text']}]({place}/{link['path']})"

        text = SOURCE.sub(rf'\g<name>="{RAW}/v{version}/\g<path>"', text)
        self.metadata.long_description = LINK.sub(absolute, text)


class Reproducible(sdist):
    """Writes the same bytes for the same files: sorted, without owners, dated by SOURCE_DATE_EPOCH."""

    def make_archive(self, base_name: str, *_: Any, base_dir: str, **__: Any) -> str:
        moment = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))

        def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
            member.mtime, member.uid, member.gid, member.uname, member.gname = moment, 0, 0, "", ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            return member

        path = f"{base_name}.tar.gz"
        with (
            open(path, "wb") as file,
            gzip.GzipFile("", "wb", 9, file, moment) as packed,
            tarfile.open(fileobj=packed, mode="w", dereference=True) as archive,
        ):
            for each in sorted(Path(base_dir).rglob("*")):
                archive.add(each, recursive=False, filter=anonymous)
        return path


setup(distclass=Described, cmdclass={"sdist": Reproducible})
