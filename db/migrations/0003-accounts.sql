-- Whose tokens are good, with which keys they are signed, and who has guessed how often.

-- Another one with each new password, so that tokens of the old one end; also when a name is used again.
alter table accounts add column credential_id text not null default '';

-- Tokens that were given up before their time.
create table revoked_tokens (
  jti text primary key,
  expires_at bigint not null
);

create index revoked_tokens_by_expiry on revoked_tokens (expires_at);

-- Numbers that signing keys are derived from. The newest has no end.
create table token_generations (
  generation bigint primary key,
  accepted_until bigint
);

insert into token_generations (generation, accepted_until) values (1, null);

-- Guesses at passwords by account and by address, kept as keyed digests: people type passwords into the wrong field.
create table login_attempts (
  subject text primary key,
  failures bigint not null,
  blocked_until bigint not null,
  expires_at bigint not null
);

create index login_attempts_by_expiry on login_attempts (expires_at);
