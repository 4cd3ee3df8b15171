"""Reports for people and programs: ``check``, its cost, and the availability over a window.

In come the services of ``evidence``, the cost of ``budget`` or the answers of a Prometheus-compatible API. Out goes
text for a terminal, Markdown, JSON, CSV or HTML, in one of the languages of ``words/``.
"""
