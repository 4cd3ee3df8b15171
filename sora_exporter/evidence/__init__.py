"""The state of every service: the remembered attempts, those of them that count now, and the resulting status.

Results of attempts come in and are kept for a bounded time; statuses, the choice of a route and plain data for reports
go out. ``state`` is the only writer, and it holds a loss of our own network against no service.
"""
