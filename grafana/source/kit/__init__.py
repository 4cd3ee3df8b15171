"""Building blocks of a dashboard: frame, variables, panels, tables, colors and PromQL queries."""
