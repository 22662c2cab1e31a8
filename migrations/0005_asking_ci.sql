-- Announced jobs, CI's verdicts on callbacks, and how far CI's lists of jobs were read. docs/storage.md explains every
-- column. Only additions: the previous version still writes while this one is being deployed.

ALTER TABLE deliveries ADD COLUMN source TEXT;

CREATE TABLE expectations (
  job_id TEXT PRIMARY KEY,
  registered_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  bucket TEXT,
  region TEXT,
  queue_id TEXT,
  tag TEXT,
  user_data TEXT,
  changed INTEGER NOT NULL,
  is_open INTEGER NOT NULL,
  is_noted INTEGER NOT NULL,
  known_to_ci INTEGER,
  asks INTEGER NOT NULL,
  ask_at INTEGER
) WITHOUT ROWID;

CREATE INDEX expectations_by_due ON expectations (is_open, due_at, job_id);
CREATE INDEX expectations_to_ask ON expectations (is_noted, ask_at) WHERE is_open = 1;
CREATE INDEX expectations_by_changed ON expectations (changed, job_id);

-- Triggers, so that an expectation is closed when its job becomes terminal, even if an older version writes that.
CREATE TRIGGER expectations_met_at_once AFTER INSERT ON jobs WHEN NEW.terminal = 1
BEGIN
  UPDATE expectations SET is_open = 0 WHERE job_id = NEW.job_id AND is_open = 1;
END;

CREATE TRIGGER expectations_met AFTER UPDATE OF terminal ON jobs WHEN NEW.terminal = 1 AND OLD.terminal = 0
BEGIN
  UPDATE expectations SET is_open = 0 WHERE job_id = NEW.job_id AND is_open = 1;
END;

CREATE TABLE verdicts (
  job_id TEXT NOT NULL,
  delivery_id TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  verified INTEGER,
  asks INTEGER NOT NULL,
  ask_at INTEGER,
  PRIMARY KEY (job_id, delivery_id)
) WITHOUT ROWID;

CREATE INDEX verdicts_due ON verdicts (ask_at) WHERE ask_at IS NOT NULL;
CREATE INDEX verdicts_false ON verdicts (job_id) WHERE verified = 0;

CREATE TRIGGER verdicts_go_with_their_job AFTER DELETE ON jobs
BEGIN
  DELETE FROM verdicts WHERE job_id = OLD.job_id;
END;

CREATE TABLE sweeps (
  name TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  state TEXT NOT NULL
) WITHOUT ROWID;
