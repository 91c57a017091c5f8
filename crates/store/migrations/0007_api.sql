-- Bearer keys of apps for /v1, and what its pages of lists are found by.

create table api_key (
  id text primary key,
  app_id text not null references app (id),
  mode text not null check (mode in ('live', 'test')),
  -- SHA-256 of the key, which has 256 random bits: nobody finds the one from the other.
  digest text not null,
  note text not null,
  created_at bigint not null,
  -- The last day it was used, yyyy-MM-dd in Asia/Shanghai.
  used_on text,
  revoked_at bigint
);
create unique index api_key_by_digest on api_key (digest);
create index api_key_by_app on api_key (app_id, created_at);

create index task_by_app_time on task (app_id, created_at, id);
create index callback_by_app_time on callback (app_id, created_at, id);
