-- Calls of paid providers: what is running, what was counted against limits and budgets, how the vendors are doing.

alter table jobs add column provider_id text;
alter table jobs add column degraded_reason text;
alter table jobs add column cost_micro_usd bigint not null default 0;
alter table jobs add column repeat_key text;

create index jobs_by_repeat_key on jobs (repeat_key, created_at) where repeat_key is not null;

-- Calls that run now. A row whose time is over belongs to a process that died.
create table provider_calls (
  id text primary key,
  provider_id text not null,
  job_id text not null,
  started_at bigint not null,
  ends_by bigint not null
);

create index provider_calls_running on provider_calls (provider_id, ends_by);

-- How many calls fell into a minute or a day.
create table provider_usage (
  provider_id text not null,
  period text not null,
  period_start bigint not null,
  calls bigint not null,
  primary key (provider_id, period, period_start)
);

-- Breaker and recent latencies of a provider + key + model.
create table provider_health (
  target text primary key,
  failures_in_row bigint not null,
  open_until bigint not null,
  open_reason text,
  latencies_json text not null,
  updated_at bigint not null
);

-- Money by slot and UTC day: the one counter that the budget is checked against and that is shown.
create table spend_daily (
  slot_id text not null,
  day_start bigint not null,
  micro_usd bigint not null,
  calls bigint not null,
  primary key (slot_id, day_start)
);

create index spend_daily_by_day on spend_daily (day_start);
alter table stats_hourly add column degraded bigint not null default 0;
alter table stats_hourly add column cost_micro_usd bigint not null default 0;
