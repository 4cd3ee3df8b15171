"""Prometheus exporter for AI-video services.

The life of one probe, in reading order: ``config`` says what to watch; ``scheduler`` wakes a probe of ``probes``,
which reserves its price in ``budget``, speaks the vendor's shape (``apis``) through ``client`` and gets an
``Answer`` (``result``); ``classify`` names its error class; ``state`` turns fresh evidence into a status;
``metrics`` and ``status_view`` show it; ``server`` serves both; ``cli`` wires all of it.
"""

__version__ = "0.1.0"
