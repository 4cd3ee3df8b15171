"""The exporter's own HTTP side.

Requests from Prometheus, people and scripts come in through ``protocol`` (deadlines and limits), ``tls`` and
``access`` (passwords, rate limit, headers), which follow the file read by ``config_file``, and ``client_certificate``
(names of clients). Metrics, pages, JSON and badges go out: ``app`` lists the routes, ``probe`` answers ``/probe``,
``pages`` renders for people, and ``serve`` runs it all as a process. Only ``/probe`` and ``/-/reload`` make the
exporter act; all other routes read memory.
"""
