-- Roll-ups by hour and by UTC day, with the slot's provider as a dimension; how long pictures take; slots counted anew.
-- Two lengths are written together: the longer keeps a long range cheap to read, the shorter cuts it at its ends.

create table stats_counts (
  slot_id text not null references slots (id),
  period text not null,
  period_start bigint not null,
  -- What the slot was set to when the job was created, whoever made the picture.
  provider_id text not null,
  success bigint not null,
  timeouts bigint not null,
  provider_errors bigint not null,
  cancelled bigint not null,
  degraded bigint not null,
  cost_micro_usd bigint not null,
  -- From the photo's arrival to the end of its job, summed over so many jobs.
  elapsed_ms bigint not null,
  elapsed_count bigint not null,
  primary key (slot_id, period, period_start, provider_id)
);

-- Which provider old figures belong to was not kept: they go to the one that the slot has now.
insert into stats_counts (
  slot_id, period, period_start, provider_id,
  success, timeouts, provider_errors, cancelled, degraded, cost_micro_usd, elapsed_ms, elapsed_count
)
select
  hours.slot_id, 'hour', hours.period_start, coalesce(slots.provider_id, 'unknown'),
  hours.success, hours.timeouts, hours.provider_errors, hours.cancelled, hours.degraded, hours.cost_micro_usd, 0, 0
from stats_hourly hours
join slots on slots.id = hours.slot_id;

insert into stats_counts (
  slot_id, period, period_start, provider_id,
  success, timeouts, provider_errors, cancelled, degraded, cost_micro_usd, elapsed_ms, elapsed_count
)
select
  slot_id, 'day', period_start - period_start % 86400000, provider_id,
  sum(success), sum(timeouts), sum(provider_errors), sum(cancelled), sum(degraded), sum(cost_micro_usd), 0, 0
from stats_counts
where period = 'hour'
group by slot_id, period_start - period_start % 86400000, provider_id;

drop table stats_hourly;

create index stats_counts_by_period on stats_counts (period, period_start);

-- How long providers needed for pictures that were delivered: how many fell into each logarithmic bucket, by UTC day
-- and week.
create table provider_latencies (
  period text not null,
  period_start bigint not null,
  provider_id text not null,
  bucket integer not null,
  pictures bigint not null,
  primary key (period, period_start, provider_id, bucket)
);

-- From when a slot's figures count, and what its hour had counted by then.
create table stats_resets (
  slot_id text primary key references slots (id),
  reset_at bigint not null,
  success bigint not null,
  timeouts bigint not null,
  provider_errors bigint not null,
  cancelled bigint not null,
  degraded bigint not null,
  cost_micro_usd bigint not null,
  elapsed_ms bigint not null,
  elapsed_count bigint not null
);
