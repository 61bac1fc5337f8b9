-- What the newest requests of booths looked like, whatever became of them. Few rows, without pictures and secrets.

create table ingest_requests (
  id text primary key,
  at bigint not null,
  -- As it stood in the address; there may be no such slot.
  slot_id text not null,
  outcome text not null,
  job_id text,
  report_json text not null
);

create index ingest_requests_by_job on ingest_requests (job_id);
