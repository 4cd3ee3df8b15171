"""A simulated provider of AI video, with the APIs, status pages and faults of real ones.

It is independent on purpose: it imports nothing else of sora_exporter, so it cannot share its mistakes.
``create_app`` gives the ASGI app for tests, ``run`` serves it on a port.

Three things can be chosen, each by name and each also at run time through ``/control``:

- the **scenario** or one model's **behaviour** (scenarios.yml, behaviours.yml): how the maker treats an order;
- the **gateway** (gateways/): ``direct`` is the maker itself with all its APIs; ``new-api``, ``sub2api``, ``sora2api``
  and ``litellm`` stand in front of it with their own checks and words, ``openrouter`` only shows balances;
- the gateway's **condition**: ``good``, or its fault, e.g. ``dead_upstream`` or ``our_empty_balance``.

``run(vendor="kling")`` serves one of the ``vendors`` instead, as its own documentation describes it.

A gateway in front of a maker that cannot be reached::

    app = create_app(gateway="new-api", condition="dead_upstream")          # in this process
    app.state.simulation.peer = find_peer("new-api", "wrong_upstream_key")  # later
    curl -X PUT localhost:10199/control/peer -d '{"gateway": "sub2api", "condition": "empty_pool"}'

A request passes the gateway's checks, then the maker's: key, model, the order's fields, rights and balance, behaviour.
Each refusal is the document that the real program sends. The journal at ``/control/journal`` shows for every request
its answer, its cost, and whether the maker was reached; ``/control/jobs`` lists the jobs that still exist.
"""

from .app import create_app
from .gateways import find_peer
from .serve import run

__all__ = ["create_app", "find_peer", "run"]
