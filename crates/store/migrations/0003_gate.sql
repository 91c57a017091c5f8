-- What an app may have at once, and by whom a login is known.

alter table app add column open_tasks_max bigint not null default 10000
  check (open_tasks_max > 0);
alter table app add column unpaid_per_hour_max bigint not null default 1000
  check (unpaid_per_hour_max >= 0);
-- Networks it may call from, separated by commas; blank is any.
alter table app add column allowed_networks text not null default '';

-- A keyed digest of the account that logs in at an area. Gone with the result.
alter table task add column login_digest text;

create index task_by_app_open on task (app_id) where finished_at is null;
create index task_by_app_failed on task (app_id, finished_at) where stage = 'failed';
create index task_by_login on task (login_digest, created_at) where login_digest is not null;
