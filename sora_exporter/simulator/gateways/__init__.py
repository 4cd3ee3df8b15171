"""The gateways as data: one YAML file each, and the classes that read them.

A file has the routes of its gateway, its checks in their order with the document of each refusal, its translation of
the maker's refusals, and the answers of its balance calls. A name comes in; a frozen ``Gateway`` goes out, or a
``Peer``, which is a gateway in one condition.

========================  ==================================================================================
member of a file          meaning
========================  ==================================================================================
``routes``                ``METHOD /path``: the kind of request; absent: every API of the maker
``checks``                in order: ``finds`` (a finding or a condition, or a list of them), ``for`` or ``except``
                          (kinds of request; absent: all), and the answer
``rights``                the same, for a maker: only after the order itself was found good
``maker``                 ``asked_by``: the kinds that go on to the maker; ``conditions``: what a condition of
                          the gateway is to its maker
``dead_upstream``         the answer when the maker cannot be reached
``upstream``              the first rule that fits a refusal of the maker (``for``, ``status``, ``shape``);
                          ``http_status: upstream`` keeps the maker's
``balances``              answers of the balance calls, by kind
``stream``                the words of a pool that answers inside a stream
``headers``               on every answer
``unknown_path``          the answer for a path that the gateway does not have
``wrong_method``          the same for a method of a path that it has; absent: as an unknown path
========================  ==================================================================================

An answer is ``http_status``, ``headers`` and ``json`` or ``text``. ``{model}``, ``{request_id}``, ``{value}``,
``{status}``, the maker's ``{upstream_…}`` and the amounts (``{left_usd}``, ``{used_cents}``, …) are filled in.
"""

from __future__ import annotations

from .read import CONDITIONS, GATEWAYS, Gateway, Peer, Rule, UnknownPeer, find_peer

__all__ = ["CONDITIONS", "GATEWAYS", "Gateway", "Peer", "Rule", "UnknownPeer", "find_peer"]
