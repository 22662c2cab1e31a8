-- When a job was last heard of, for retention; how often reading a delivery was tried; which jobs a delivery names.
-- docs/storage.md explains every column. Only additions: the previous version still writes to these tables while this
-- one is being deployed.

ALTER TABLE deliveries ADD COLUMN heard_at INTEGER;
ALTER TABLE deliveries ADD COLUMN reader INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN job_count INTEGER;
ALTER TABLE deliveries ADD COLUMN job_ids TEXT;
ALTER TABLE deliveries ADD COLUMN run_id TEXT;

ALTER TABLE jobs ADD COLUMN heard_at INTEGER;

ALTER TABLE runs ADD COLUMN heard_at INTEGER;
