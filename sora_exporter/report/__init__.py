"""The availability report: figures over a window, read from any Prometheus-compatible HTTP API.

``measure`` asks, ``findings`` holds what was found, ``recommendations`` and ``objectives`` judge it by stated rules,
``tables`` says it in one of the languages, and one module per format writes it down.
"""
