-- Schema version 6: the exporters that share the storage, and when each shard of the services was last watched.
CREATE TABLE exporter (name TEXT PRIMARY KEY, shard TEXT NOT NULL, config TEXT NOT NULL, seen_at REAL NOT NULL);
CREATE TABLE watch (shard TEXT PRIMARY KEY, at REAL NOT NULL);
INSERT INTO watch SELECT '', at FROM watched;
DROP TABLE watched;
