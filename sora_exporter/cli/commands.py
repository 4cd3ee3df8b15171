"""One module per command of the command line; each imports what it needs only when it runs."""

from sora_exporter.cli.check import check
from sora_exporter.cli.classify import classify
from sora_exporter.cli.demo import demo
from sora_exporter.cli.report import report
from sora_exporter.cli.serve import serve
from sora_exporter.cli.simulate import simulate

COMMANDS = (serve, check, classify, report, simulate, demo)
