-- Operators of the console, their sessions, and what they did.

create table operator (
  name text primary key,
  role text not null check (role in ('viewer', 'operator', 'owner')),
  -- Argon2id, in the form of PHC.
  password text not null,
  totp_sealed {blob},
  -- The newest time step whose code was used: each is good once.
  totp_step bigint not null default 0,
  created_at bigint not null,
  disabled_at bigint
);

create table operator_session (
  -- SHA-256 of what is in the cookie, which has 256 random bits.
  digest text primary key,
  operator text not null references operator (name),
  address text not null,
  created_at bigint not null,
  used_at bigint not null
);
create index operator_session_by_operator on operator_session (operator);
create index operator_session_by_use on operator_session (used_at);

-- Written and never changed; the operator's name stands for itself.
create table deed (
  id text primary key,
  at bigint not null,
  operator text not null,
  address text not null,
  action text not null,
  app_id text,
  task_id text,
  about text not null
);
create index deed_by_time on deed (at, id);
create index deed_by_operator on deed (operator, at, id);
create index deed_by_task on deed (task_id, at) where task_id is not null;

-- The stages a task went through; nothing of its person. Gone with its result.
create table step (
  task_id text not null references task (id),
  seq bigint not null,
  stage text not null,
  detail text not null,
  node_id text,
  at bigint not null,
  primary key (task_id, seq)
);

-- What the console's lists are found by.
create index task_by_time on task (created_at, id);
create index task_by_area_time on task (area, created_at, id);
create index task_failed_by_time on task (created_at, id) where stage = 'failed';
create index task_by_end on task (finished_at, product, area, stage, created_at)
  where finished_at is not null;
create index callback_by_time on callback (created_at, id);
create index callback_exhausted_by_time on callback (created_at, id) where state = 'exhausted';

-- Entries of one kind more: money given back after it was captured.
create table entry_of_any_kind (
  app_id text not null references wallet (app_id),
  seq bigint not null,
  kind text not null check (kind in ('topup', 'hold', 'capture', 'release', 'refund')),
  amount_fen bigint not null check (amount_fen >= 0),
  task_id text,
  note text not null,
  at bigint not null,
  hash text not null,
  primary key (app_id, seq),
  constraint entry_belongs_to_a_task check ((task_id is null) = (kind = 'topup'))
);
insert into entry_of_any_kind (app_id, seq, kind, amount_fen, task_id, note, at, hash)
  select app_id, seq, kind, amount_fen, task_id, note, at, hash from entry;
drop table entry;
alter table entry_of_any_kind rename to entry;
create unique index entry_holds_once on entry (task_id) where kind = 'hold';
create unique index entry_resolves_once on entry (task_id) where kind in ('capture', 'release');
create unique index entry_refunds_once on entry (task_id) where kind = 'refund';
create index entry_by_time on entry (app_id, at);
create index entry_by_instant on entry (at);
