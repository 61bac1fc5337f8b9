-- Rows of these tables change several times in a minute of life: dead versions are cleared away before the indexes over
-- jobs in flight grow with them.
alter table jobs set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500, fillfactor = 85);
alter table provider_calls set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
alter table provider_usage set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, fillfactor = 50);
alter table provider_health set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, fillfactor = 50);
alter table spend_daily set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, fillfactor = 50);
alter table job_totals set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, fillfactor = 50);
alter table stats_counts set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500, fillfactor = 50);
