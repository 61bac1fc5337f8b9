-- Pictures of all slots, newest first, at the same cost with any number of jobs. For one slot there is jobs_recent_results.

create index jobs_pictures on jobs (finalized_at, id) where result_file_path is not null;
