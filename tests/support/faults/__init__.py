"""A server of our own on plain sockets that breaks the protocols in one named way: ``FAULTS`` and ``serve``."""
