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
  -- One before it that has read a part, while another reads the rest.
  kept_task_id text,
  is_test bigint not null check (is_test in (0, 1)),
  -- How the page looks, in words of the program and `#rrggbb`, and what login fields hold at first, sealed;
  -- gone with the link's end.
  theme text not null default 'auto',
  accent text,
  prefill_sealed {blob},
  -- When the page first ran in a browser.
  opened_at bigint,
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

-- Where an app hears of its links.
alter table app add column link_events text;

-- Callbacks that tell of a link, in the same line as those that tell of a task.
create table callback_of_anything (
  id text primary key,
  task_id text references task (id),
  -- The link, which may be forgotten, and what happened to it; `msg` is then the whole body.
  link_id text,
  event text,
  -- Counts the callbacks of a task, or of a link: none is sent after a later one.
  seq bigint not null,
  app_id text not null references app (id),
  url text not null,
  code bigint,
  msg text not null,
  state text not null check (state in ('pending', 'delivered', 'exhausted', 'superseded')),
  attempts bigint not null,
  -- Attempts made before it was last begun anew.
  attempts_before bigint not null default 0,
  next_at bigint,
  -- Since when somebody is trying it.
  taken_at bigint,
  created_at bigint not null,
  delivered_at bigint,
  constraint callback_wait_is_told check ((next_at is not null) = (state = 'pending')),
  constraint callback_is_taken_while_pending check (taken_at is null or state = 'pending'),
  constraint callback_tells_of_one check ((task_id is null) <> (link_id is null)
    and (task_id is null) = (code is null) and (link_id is null) = (event is null))
);
insert into callback_of_anything
  (id, task_id, seq, app_id, url, code, msg, state, attempts, attempts_before, next_at, taken_at, created_at,
   delivered_at)
  select id, task_id, seq, app_id, url, code, msg, state, attempts, attempts_before, next_at, taken_at, created_at,
   delivered_at
  from callback;
create table attempt_of_anything (
  callback_id text not null references callback_of_anything (id),
  attempt bigint not null,
  at bigint not null,
  http_status bigint,
  error text,
  primary key (callback_id, attempt)
);
insert into attempt_of_anything (callback_id, attempt, at, http_status, error)
  select callback_id, attempt, at, http_status, error from callback_attempt;
drop table callback_attempt;
drop table callback;
alter table callback_of_anything rename to callback;
alter table attempt_of_anything rename to callback_attempt;
create index callback_by_next_at on callback (next_at) where state = 'pending';
create index callback_by_app_due on callback (app_id, next_at) where state = 'pending';
create index callback_by_app_exhausted on callback (app_id, created_at) where state = 'exhausted';
create index callback_by_task on callback (task_id, seq);
create index callback_by_link on callback (link_id, seq) where link_id is not null;
create index callback_by_app_time on callback (app_id, created_at, id);
create index callback_by_time on callback (created_at, id);
create index callback_exhausted_by_time on callback (created_at, id) where state = 'exhausted';

-- What persons found wrong with what was read: words of the program, and nothing of the person.
create table wrong_result (
  link_id text not null,
  section text not null,
  reason text not null,
  product text not null,
  area text not null,
  said_at bigint not null,
  primary key (link_id, section)
);
create index wrong_result_by_area on wrong_result (product, area, said_at);
create index wrong_result_by_time on wrong_result (said_at);
