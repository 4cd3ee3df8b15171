"""``python -m sora_exporter``."""

from sora_exporter.cli import main

main(prog_name="sora-exporter")
