-- Schema version 4: the times that services spent in a status; ended_at is NULL while one lasts.
CREATE TABLE event (
    id INTEGER PRIMARY KEY, service_id TEXT NOT NULL, status TEXT NOT NULL, error_class TEXT NOT NULL,
    probe TEXT, depth TEXT, detail TEXT NOT NULL, began_at REAL NOT NULL, ended_at REAL
);
