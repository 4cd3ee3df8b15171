"""The four dashboards. Each module has a ``UID`` and a ``dashboard()`` that returns the finished dashboard."""
