-- Test apps, test tasks and the links that lead to them: they reach the model city alone and cost nothing.

alter table app add column is_test bigint not null default 0 check (is_test in (0, 1));
alter table task add column is_test bigint not null default 0 check (is_test in (0, 1));
alter table link add column is_test bigint not null default 0 check (is_test in (0, 1));

-- What an app set up for its test tasks: the code that the next one comes to, and whether the model city
-- is down for it.
create table sandbox (
  app_id text primary key references app (id),
  next_code bigint,
  is_down bigint not null check (is_down in (0, 1))
);
