-- Schema version 1 of the budget's ledger. Money is integer micro-dollars, days are counted from 1970-01-01 UTC.
CREATE TABLE reservation (
    id INTEGER PRIMARY KEY AUTOINCREMENT, day INTEGER NOT NULL, reserved_at REAL NOT NULL,
    service_id TEXT NOT NULL, probe TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0), settled INTEGER CHECK (settled >= 0)
);
CREATE INDEX reservation_day ON reservation (day);
CREATE INDEX reservation_attempt ON reservation (service_id, probe);
CREATE TABLE ledger (instance TEXT NOT NULL);
INSERT INTO ledger VALUES (lower(hex(randomblob(4))));
CREATE TABLE folded (service_id TEXT PRIMARY KEY, amount INTEGER NOT NULL);
CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    reservation_id INTEGER NOT NULL REFERENCES reservation (id) ON DELETE CASCADE,
    provider TEXT NOT NULL, api TEXT NOT NULL, job_id TEXT
);
CREATE INDEX job_reservation ON job (reservation_id);
