"""Official status pages: documents in, facts out.

``readers`` names one reader per page format; each turns documents into ``report.Findings``, which ``report`` composes
to one ``page.PageReport``. ``poller`` fetches the documents through the function it is given. ``builtin`` knows the
pages everybody needs.
"""
