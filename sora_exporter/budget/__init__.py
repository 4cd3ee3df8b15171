"""The money that probes may spend: the ledger of reservations and jobs, its file and locks, and the cost forecast.

Amounts in USD come in before each paid call; reservations, unfinished jobs and spend go out. The ledger is durable and
survives ``kill -9`` at any moment.
"""
