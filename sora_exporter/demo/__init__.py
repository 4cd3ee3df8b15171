"""The demo: all programs on one machine, with an invented month of history.

It needs no key and no configuration. The simulator, the exporter and the installed ones of Prometheus, Alertmanager and
Grafana run until a signal ends them. No process and no file is left.
"""


class DemoError(Exception):
    """The reason why the demo cannot run or go on, as one line for a person."""
