"""Everything on one machine, no key needed: the stack of programs, and a month of history for them to show."""


class DemoError(Exception):
    """Why the demo cannot run or go on: one line for a person."""
