-- Schema version 2: which services' providers accepted a canary that they should have refused, and what it was sent to.
CREATE TABLE accepted_canary (service_id TEXT PRIMARY KEY, target TEXT NOT NULL, accepted_at REAL NOT NULL);
