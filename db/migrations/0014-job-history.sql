-- Jobs can be forgotten some time after their end.
create index media_objects_by_job on media_objects (job_id);
