-- Who changed what. Ids sort by time.

create table audit_log (
  id text primary key,
  at bigint not null,
  actor text not null,
  action text not null,
  target text not null,
  before_json text,
  after_json text
);

create index audit_log_by_target on audit_log (target, id);
create index audit_log_by_actor on audit_log (actor, id);
create index audit_log_by_action on audit_log (action, id);
