"""The traffic of an application, read as it passes through the HTTP client that the application already has.

A client of OpenAI, httpx or httpx2 comes in and is returned; the client metrics, with the depth that the traffic
proves, go out. Answers are classified by the rules of the probes and belong to services by base URL and model.

    from openai import OpenAI

    from sora_exporter import observe

    client = observe(OpenAI(), "sora.yml")
"""

from sora_exporter.traffic.observed import observe

__all__ = ["observe"]
