-- Lists of jobs that cost the same at any age of the table, erasing, and purges that are asked for.

alter table jobs add column claimed_at bigint;
alter table jobs add column erased_at bigint;

update jobs set claimed_at = (
  select min(occurred_at) from processing_log
  where processing_log.job_id = jobs.id and processing_log.event = 'dispatched'
);

-- A list merges these by slot and outcome, so any filter is a choice of ranges. They replace two indexes over all jobs.
-- The expression spares a "failure_reason is null", through which PostgreSQL does not see the order.
create index jobs_ended_by_creation on jobs (slot_id, coalesce(failure_reason, 'success'), created_at, id)
  where is_finalized = 1;
create index jobs_ended_by_expiry on jobs (slot_id, coalesce(failure_reason, 'success'), expires_at, id)
  where is_finalized = 1;
drop index jobs_by_time;
drop index jobs_by_slot;

-- How many jobs have ended how, tests included; written in the transaction that ends a job.
create table job_totals (
  slot_id text not null references slots (id),
  outcome text not null,
  jobs bigint not null,
  primary key (slot_id, outcome)
);

insert into job_totals (slot_id, outcome, jobs)
select slot_id, coalesce(failure_reason, 'success'), count(*) from jobs
where is_finalized = 1
group by slot_id, coalesce(failure_reason, 'success');

create table purge_runs (
  id text primary key,
  scope text not null,
  status text not null,
  requested_by text not null,
  requested_at bigint not null,
  -- When the process that runs it took it up.
  started_at bigint,
  -- The last sign of life of that process.
  updated_at bigint not null,
  finished_at bigint,
  done bigint not null,
  report_json text,
  error text
);

create index purge_runs_open on purge_runs (requested_at) where finished_at is null;
create index purge_runs_finished on purge_runs (finished_at) where finished_at is not null;
