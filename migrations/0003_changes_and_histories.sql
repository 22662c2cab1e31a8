-- The number of a job's first change, which is its place in lists, and the number of its last change, which is null
-- if only one delivery has named it. Lists are in the order of places. Columns with few values (tag, bucket, queue) are
-- filtered along that order and have no index. The deliveries of a job are listed if there are several.
-- docs/storage.md explains every column.

ALTER TABLE jobs ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN changed INTEGER;

UPDATE jobs SET place = received_at * 1000;

DROP INDEX jobs_by_received;
DROP INDEX jobs_by_state;
DROP INDEX jobs_by_tag;
DROP INDEX jobs_by_bucket;
DROP INDEX jobs_by_object;
DROP INDEX jobs_by_queue;
DROP INDEX jobs_by_run;
DROP INDEX jobs_by_user_data;

CREATE INDEX jobs_by_place ON jobs (place, job_id);
CREATE INDEX jobs_by_changed ON jobs (changed, job_id) WHERE changed IS NOT NULL;
CREATE INDEX jobs_by_state ON jobs (state, place, job_id) WHERE state <> 'Success';
CREATE INDEX jobs_by_object ON jobs (object, place, job_id) WHERE object IS NOT NULL;
CREATE INDEX jobs_by_run ON jobs (run_id, place, job_id) WHERE run_id IS NOT NULL;
CREATE INDEX jobs_by_user_data ON jobs (user_data, place, job_id) WHERE user_data IS NOT NULL;

DROP INDEX runs_by_received;
CREATE INDEX runs_by_received ON runs (received_at, run_id);

CREATE TABLE job_deliveries (
  job_id TEXT NOT NULL,
  delivery_id TEXT NOT NULL,
  PRIMARY KEY (job_id, delivery_id)
) WITHOUT ROWID;
