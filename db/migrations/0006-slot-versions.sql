-- What each slot was at each of its versions, so that an edit can be seen and taken back.

create table slot_versions (
  slot_id text not null references slots (id),
  version integer not null,
  name text not null,
  provider_id text,
  operation_id text,
  settings_json text not null,
  is_enabled integer not null,
  created_at bigint not null,
  created_by text,
  comment text,
  primary key (slot_id, version)
);

insert into slot_versions (slot_id, version, name, provider_id, operation_id, settings_json, is_enabled, created_at, created_by)
select id, version, name, provider_id, operation_id, settings_json, is_enabled, updated_at, updated_by from slots;

-- The newest pictures of a slot, at the same cost with any number of jobs.
create index jobs_recent_results on jobs (slot_id, finalized_at) where result_file_path is not null;
