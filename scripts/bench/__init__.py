"""The cost of the exporter, measured beside blackbox_exporter against one upstream: ``make bench`` prints the table."""
