-- Retention counts from the last word on a job, readings are tried a bounded number of times, and a delivery
-- says which jobs it named. What every column means: docs/storage.md. Additions only: the version before
-- this one goes on writing to these tables while this one is being deployed.

ALTER TABLE deliveries ADD COLUMN heard_at INTEGER;
ALTER TABLE deliveries ADD COLUMN reader INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN job_count INTEGER;
ALTER TABLE deliveries ADD COLUMN job_ids TEXT;
ALTER TABLE deliveries ADD COLUMN run_id TEXT;

ALTER TABLE jobs ADD COLUMN heard_at INTEGER;

ALTER TABLE runs ADD COLUMN heard_at INTEGER;
