-- Portable between SQLite and PostgreSQL. Ids are UUID text, times epoch milliseconds, flags 0/1, JSON and enums text.
-- One statement ends at a semicolon that ends its line.

create table slots (
  id text primary key,
  name text not null,
  provider_id text,
  operation_id text,
  settings_json text not null,
  is_enabled integer not null,
  version integer not null,
  created_at bigint not null,
  updated_at bigint not null,
  updated_by text
);

create table template_media (
  id text primary key,
  slot_id text not null references slots (id),
  setting_key text not null,
  label text,
  path text not null,
  mime text not null,
  size_bytes bigint not null,
  checksum text not null,
  uploaded_by text,
  created_at bigint not null,
  unique (slot_id, setting_key)
);

create table jobs (
  id text primary key,
  slot_id text not null references slots (id),
  -- Provider, operation, settings and templates as they were when the job was created.
  slot_snapshot_json text not null,
  status text not null,
  is_finalized integer not null,
  is_test integer not null,
  failure_reason text,
  error_code text,
  error_detail text,
  provider_job_reference text,
  worker_id text,
  attempt integer not null,
  lease_until bigint,
  payload_path text not null,
  payload_mime text not null,
  payload_size_bytes bigint not null,
  payload_checksum text not null,
  width_px integer not null,
  height_px integer not null,
  fields_json text not null,
  result_file_path text,
  result_mime_type text,
  result_size_bytes bigint,
  result_checksum text,
  result_expires_at bigint,
  expires_at bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  finalized_at bigint
);

-- The queue: only jobs in flight are in this index, so claims and back-pressure cost the same at any age of the table.
create index jobs_in_flight on jobs (created_at) where is_finalized = 0;
create index jobs_by_time on jobs (created_at, id);
create index jobs_by_slot on jobs (slot_id, created_at, id);
create index jobs_results on jobs (result_expires_at) where result_file_path is not null;

create table processing_log (
  id text primary key,
  job_id text not null references jobs (id),
  event text not null,
  occurred_at bigint not null,
  provider_latency_ms bigint,
  details_json text not null
);

create index processing_log_by_job on processing_log (job_id, id);

create table media_objects (
  id text primary key,
  job_id text references jobs (id),
  path text,
  mime text not null,
  size_bytes bigint not null,
  created_at bigint not null,
  expires_at bigint not null
);

create index media_objects_kept on media_objects (expires_at) where path is not null;

-- Written in the transaction that finalizes a job, so that a figure costs the same with any number of jobs.
create table stats_hourly (
  slot_id text not null references slots (id),
  period_start bigint not null,
  success bigint not null,
  timeouts bigint not null,
  provider_errors bigint not null,
  cancelled bigint not null,
  primary key (slot_id, period_start)
);

create index stats_hourly_by_period on stats_hourly (period_start);

create table settings (
  key text primary key,
  value_json text not null,
  updated_at bigint not null,
  updated_by text
);

create table accounts (
  username text primary key,
  password_hash text not null,
  permissions_json text not null,
  created_at bigint not null,
  updated_at bigint not null
);

insert into slots (id, name, provider_id, operation_id, settings_json, is_enabled, version, created_at, updated_at)
values
  ('slot-001', 'Film noir', 'local', 'filter', '{"effect":"noir"}', 1, 1, 0, 0),
  ('slot-002', 'Pop art', 'local', 'filter', '{"effect":"pop-art"}', 1, 1, 0, 0),
  ('slot-003', 'Sepia postcard', 'local', 'combine', '{"filter":{"effect":"sepia","strength":80},"branding":{"text":"{date}"}}', 1, 1, 0, 0),
  ('slot-004', 'Slot 4', null, null, '{}', 1, 1, 0, 0),
  ('slot-005', 'Slot 5', null, null, '{}', 1, 1, 0, 0),
  ('slot-006', 'Slot 6', null, null, '{}', 1, 1, 0, 0),
  ('slot-007', 'Slot 7', null, null, '{}', 1, 1, 0, 0),
  ('slot-008', 'Slot 8', null, null, '{}', 1, 1, 0, 0),
  ('slot-009', 'Slot 9', null, null, '{}', 1, 1, 0, 0),
  ('slot-010', 'Slot 10', null, null, '{}', 1, 1, 0, 0),
  ('slot-011', 'Slot 11', null, null, '{}', 1, 1, 0, 0),
  ('slot-012', 'Slot 12', null, null, '{}', 1, 1, 0, 0),
  ('slot-013', 'Slot 13', null, null, '{}', 1, 1, 0, 0),
  ('slot-014', 'Slot 14', null, null, '{}', 1, 1, 0, 0),
  ('slot-015', 'Slot 15', null, null, '{}', 1, 1, 0, 0);
