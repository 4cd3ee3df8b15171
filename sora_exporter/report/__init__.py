"""Reports for people and programs: ``check``, its cost, and the availability over a window.

The services of ``evidence``, the cost of ``budget`` or the answers of a Prometheus-compatible API come in. Text for a
terminal, Markdown, JSON, CSV or HTML goes out, in one of the languages of ``words/``.
"""
