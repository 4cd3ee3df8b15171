"""Notifications: Alertmanager's webhooks in the reader's language, sent to where the reader is."""
