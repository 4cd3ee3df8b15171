"""One module per command of the command line; each imports what it needs only when it runs."""

from sora_exporter.commands.check import check
from sora_exporter.commands.classify import classify
from sora_exporter.commands.demo import demo
from sora_exporter.commands.report import report
from sora_exporter.commands.serve import serve
from sora_exporter.commands.simulate import simulate

COMMANDS = (serve, check, classify, report, simulate, demo)
