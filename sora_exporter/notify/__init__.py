"""Notifications: Alertmanager's webhooks come in, wait on disk, and are written in the reader's language.

They leave through Apprise or through our own robots, each receiver at its own pace.
"""
