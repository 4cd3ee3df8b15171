"""Official status pages: documents in, facts out.

A configured page comes in; the latest ``PageState`` of each page goes out, with a ``PageReport`` of its components,
incidents and maintenance, and with evidence about our own network for ``evidence``. ``watcher`` keeps one poller for
each page, ``poller`` fetches its documents through ``http.fetch``, ``readers`` names one reader for each page format,
and ``merge`` combines the findings of a page's documents into one report.
"""
