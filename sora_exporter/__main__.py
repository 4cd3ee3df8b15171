"""``python -m sora_exporter``."""

from sora_exporter.cli.main import main

main(prog_name="sora-exporter")
