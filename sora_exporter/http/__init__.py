"""Every connection that the exporter opens.

A request comes in, to a provider (``provider``) or for any other document (``fetch``), with its limits in bytes and
seconds. A reply goes out: the answer's status, headers and bounded body, how long each phase took, and whether the host
was reached. Nothing that a server or a network does raises anything but the errors named here.
"""
