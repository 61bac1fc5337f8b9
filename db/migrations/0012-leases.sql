-- What only one process may do at a time, and until when the one that does it is believed to live.

create table leases (
  name text primary key,
  holder text not null,
  free_at bigint not null
);
