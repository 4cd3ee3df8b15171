"""Everything on one machine without a key: a month of invented history and live programs after it."""
