"""The command line: one module per command, loaded when it is used.

In come arguments, the environment and a configuration file. Out goes text on standard output, one line per mistake on
standard error, and an exit code.
"""
