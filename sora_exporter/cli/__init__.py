"""The command line: one module per command, loaded when it is used.

Arguments, the environment and a configuration file come in. Text on standard output, one line per mistake on standard
error, and an exit code go out.
"""
