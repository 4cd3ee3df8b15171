"""The state of every service: which attempts are remembered, which of them count now, and the status they show.

Results of attempts come in and are kept for a bounded time; statuses, the choice of a route and plain data for reports
go out. ``state`` is the only writer, and it holds a loss of our own network against no service.
"""
