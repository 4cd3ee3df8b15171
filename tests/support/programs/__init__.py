"""Real programs for tests: started on a free port, waited for, stopped."""
