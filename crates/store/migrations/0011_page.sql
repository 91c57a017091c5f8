-- What became of links of which nothing was handed over, and which tasks came of a link: what none of them
-- hands over is not paid.

create table link_with_its_end (
  id text primary key,
  app_id text not null references app (id),
  product text not null check (product in ('fund', 'insurance')),
  -- Null where the person chooses.
  area text,
  purpose text not null,
  state text not null,
  return_url text,
  created_at bigint not null,
  expires_at bigint not null,
  -- A digest of the cookie of the browser in which the person agreed, when, and to which text.
  holder text,
  consented_at bigint,
  consent text,
  -- Its newest task.
  task_id text,
  is_test bigint not null check (is_test in (0, 1)),
  ended_at bigint,
  outcome text check (outcome in ('handed_over', 'declined', 'expired')),
  -- Where the person was when it ended with nothing handed over, and why it did: words of the program.
  exit_stage text,
  exit_reason text,
  -- What the erasure of its records was answered with.
  receipt text,
  constraint link_consent_is_whole check ((holder is null) = (consented_at is null)
    and (holder is null) = (consent is null)),
  constraint link_end_is_whole check ((ended_at is null) = (outcome is null)),
  constraint link_exit_is_whole check ((exit_stage is null) = (exit_reason is null))
);
insert into link_with_its_end
  (id, app_id, product, area, purpose, state, return_url, created_at, expires_at, holder, consented_at,
   consent, task_id, is_test, ended_at, outcome)
  select id, app_id, product, area, purpose, state, return_url, created_at, expires_at, holder, consented_at,
   consent, task_id, is_test, ended_at, outcome
  from link;
drop table link;
alter table link_with_its_end rename to link;
create index link_without_consent on link (expires_at) where consented_at is null;
create index link_open on link (expires_at) where ended_at is null;

-- Those whose time was over before ended without a word, and their tasks were paid by the rule of then.
update link set ended_at = expires_at, outcome = 'expired'
where ended_at is null and task_id in (select id from task where wiped_at is not null);

-- The link that a task came of.
alter table task add column link_id text;
update task set link_id = (select l.id from link l where l.task_id = task.id)
where id in (select task_id from link where task_id is not null);
create index task_by_link on task (link_id) where link_id is not null;
