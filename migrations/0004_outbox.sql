-- Events for the user's system. docs/storage.md explains every column. Only additions: the previous version still
-- writes while this one is being deployed.

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  endpoint TEXT NOT NULL,
  type TEXT NOT NULL,
  subject TEXT NOT NULL,
  delivery_id TEXT,
  created_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  due_at INTEGER,
  status TEXT NOT NULL,
  last_status INTEGER,
  last_error TEXT,
  ended_at INTEGER
);

CREATE INDEX events_due ON events (endpoint, due_at, created_at) WHERE due_at IS NOT NULL;
CREATE INDEX events_by_subject ON events (subject);
CREATE INDEX events_failed ON events (status) WHERE status = 'failed';

CREATE TABLE endpoints (
  id TEXT PRIMARY KEY,
  failures INTEGER NOT NULL,
  open_until INTEGER
) WITHOUT ROWID;
