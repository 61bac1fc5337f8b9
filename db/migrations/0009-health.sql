-- What the overview shows that nothing else keeps: living workers, booths that were seen, how the last minutes went,
-- links to the status page; what has been alerted.

create table workers (
  id text primary key,
  host text not null,
  pid bigint not null,
  kind text not null,
  concurrency bigint not null,
  started_at bigint not null,
  seen_at bigint not null
);

create table booths (
  name text primary key,
  last_seen_at bigint not null,
  last_job_id text not null,
  -- The last one that got a picture.
  picture_job_id text,
  slot_id text not null,
  software text,
  version text
);

create index booths_by_time on booths (last_seen_at);

-- Ends of jobs by minute, for "are many going wrong just now?"; old minutes are removed.
create table recent_ends (
  minute_start bigint primary key,
  ended bigint not null,
  poor bigint not null
);

-- The token itself is only in the link.
create table status_links (
  id text primary key,
  token_hash text not null unique,
  label text not null,
  created_at bigint not null,
  created_by text not null,
  expires_at bigint not null
);

create table alert_states (
  key text not null,
  subject text not null,
  concern_json text not null,
  since bigint not null,
  gone_at bigint,
  notified_at bigint,
  is_raised integer not null,
  primary key (key, subject)
);

-- One row: which moment belongs to whichever process came first, and whether messages arrive.
create table alert_runner (
  id text primary key,
  free_at bigint not null,
  failing_since bigint,
  problem text
);

insert into alert_runner (id, free_at) values ('alerts', 0);
