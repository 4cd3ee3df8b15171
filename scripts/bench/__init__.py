"""What the exporter costs, measured beside blackbox_exporter against one upstream: ``make bench`` prints the table."""
