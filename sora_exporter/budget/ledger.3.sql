-- Schema version 3: how many paid attempts of a service in a row made no job, and when the last one ended.
CREATE TABLE fruitless (service_id TEXT PRIMARY KEY, attempts INTEGER NOT NULL, ended_at REAL NOT NULL);
