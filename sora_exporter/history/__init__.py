"""The past of the services, as a Prometheus recorded it.

The recorded series come in through Prometheus' HTTP API; daily bars and long-term figures of each service go out to the
pages, from memory. ``prometheus`` is also the way of ``report`` to the same API.
"""
