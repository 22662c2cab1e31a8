-- docs/storage.md explains every column, with an example, and says how many rows a callback writes.

CREATE TABLE deliveries (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL,
  format TEXT,
  content_type TEXT,
  size INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  count INTEGER NOT NULL,
  receipts TEXT NOT NULL,
  reason_code TEXT,
  reason TEXT,
  line INTEGER,
  column_number INTEGER,
  encoding TEXT NOT NULL,
  parts INTEGER NOT NULL,
  body TEXT
);

CREATE INDEX deliveries_by_status ON deliveries (status, seq) WHERE status <> 'stored';

CREATE TABLE delivery_parts (
  delivery_id TEXT NOT NULL,
  part INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (delivery_id, part)
);

CREATE TABLE jobs (
  job_id TEXT PRIMARY KEY,
  received_at INTEGER NOT NULL,
  delivery_id TEXT NOT NULL,
  rank TEXT NOT NULL,
  event TEXT,
  tag TEXT,
  state TEXT,
  state_source TEXT NOT NULL,
  terminal INTEGER NOT NULL,
  code TEXT,
  message TEXT,
  queue_id TEXT,
  user_data TEXT,
  bucket TEXT,
  region TEXT,
  object TEXT,
  created_at TEXT,
  started_at TEXT,
  ended_at TEXT,
  workflow_rank TEXT,
  run_id TEXT,
  workflow_id TEXT,
  workflow_name TEXT,
  workflow_step TEXT
) WITHOUT ROWID;

CREATE INDEX jobs_by_received ON jobs (received_at, job_id);
CREATE INDEX jobs_by_state ON jobs (state, received_at, job_id) WHERE state <> 'Success';
CREATE INDEX jobs_by_tag ON jobs (tag, received_at, job_id) WHERE tag IS NOT NULL;
CREATE INDEX jobs_by_bucket ON jobs (bucket, received_at, job_id) WHERE bucket IS NOT NULL;
CREATE INDEX jobs_by_object ON jobs (object, received_at, job_id) WHERE object IS NOT NULL;
CREATE INDEX jobs_by_queue ON jobs (queue_id, received_at, job_id) WHERE queue_id IS NOT NULL;
CREATE INDEX jobs_by_run ON jobs (run_id, received_at, job_id) WHERE run_id IS NOT NULL;
CREATE INDEX jobs_by_user_data ON jobs (user_data, received_at, job_id) WHERE user_data IS NOT NULL;

CREATE TABLE runs (
  run_id TEXT PRIMARY KEY,
  received_at INTEGER NOT NULL,
  delivery_id TEXT NOT NULL,
  rank TEXT NOT NULL,
  workflow_id TEXT,
  workflow_name TEXT,
  state TEXT,
  terminal INTEGER NOT NULL,
  bucket TEXT,
  object TEXT,
  created_at TEXT
) WITHOUT ROWID;

CREATE INDEX runs_by_received ON runs (received_at);

CREATE TABLE marks (
  name TEXT PRIMARY KEY,
  seq INTEGER NOT NULL
) WITHOUT ROWID;
