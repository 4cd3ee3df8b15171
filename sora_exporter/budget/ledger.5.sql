-- Schema version 5: when an exporter last watched the services, so that a standstill belongs to no status.
CREATE TABLE watched (id INTEGER PRIMARY KEY CHECK (id = 1), at REAL NOT NULL);
