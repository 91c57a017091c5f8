-- The first schema. Words in braces are set for each database (see src/migrations.rs):
-- {blob} BYTEA on PostgreSQL, BLOB on SQLite. Instants are milliseconds in UTC, money is 分,
-- flags are 0 or 1.

create table node (
  id text primary key,
  public_key {blob} not null,
  -- Shows that a holder of the deployment key registered the node.
  proof text not null,
  -- The key that tells twins, sealed to the node's own; null until it has it.
  twin_key_sealed {blob},
  slot bigint not null check (slot between 0 and 99),
  started_at bigint not null,
  -- Counts its heartbeats: others see whether it moves, by their own clocks.
  beats bigint not null,
  seen_at bigint not null,
  stopped_at bigint
);
create unique index node_slot_is_single on node (slot) where stopped_at is null;

create table app (
  id text primary key,
  name text not null,
  token_sealed {blob} not null,
  dialect text not null check (dialect in ('table', 'example')),
  has_legacy_code_signature bigint not null check (has_legacy_code_signature in (0, 1)),
  requires_signature bigint not null check (requires_signature in (0, 1)),
  has_employer_grant bigint not null check (has_employer_grant in (0, 1)),
  fund_grant text check (fund_grant in ('active', 'paused')),
  insurance_grant text check (insurance_grant in ('active', 'paused')),
  fund_callback text,
  insurance_callback text,
  wants_challenge_callbacks bigint not null check (wants_challenge_callbacks in (0, 1)),
  wants_findings bigint not null check (wants_findings in (0, 1)),
  acknowledges_by_201 bigint not null check (acknowledges_by_201 in (0, 1)),
  calls_per_second bigint not null check (calls_per_second > 0),
  created_at bigint not null
);

-- For apps without a price of their own.
create table default_tariff (
  product text primary key check (product in ('fund', 'insurance')),
  price_fen bigint not null check (price_fen >= 0),
  partial_rule text not null check (partial_rule in ('base_and_one_more', 'always', 'never'))
);

create table tariff (
  app_id text not null references app (id),
  product text not null check (product in ('fund', 'insurance')),
  price_fen bigint not null check (price_fen >= 0),
  partial_rule text not null check (partial_rule in ('base_and_one_more', 'always', 'never')),
  primary key (app_id, product)
);

create table wallet (
  app_id text primary key references app (id),
  free_fen bigint not null check (free_fen >= 0),
  held_fen bigint not null check (held_fen >= 0),
  revenue_fen bigint not null check (revenue_fen >= 0),
  funding_fen bigint not null check (funding_fen >= 0),
  entry_seq bigint not null,
  head_hash text not null,
  constraint wallet_is_balanced check (funding_fen = free_fen + held_fen + revenue_fen)
);

create table entry (
  app_id text not null references wallet (app_id),
  seq bigint not null,
  kind text not null check (kind in ('topup', 'hold', 'capture', 'release')),
  amount_fen bigint not null check (amount_fen >= 0),
  task_id text,
  note text not null,
  at bigint not null,
  hash text not null,
  primary key (app_id, seq),
  constraint entry_belongs_to_a_task check ((task_id is null) = (kind = 'topup'))
);
create unique index entry_holds_once on entry (task_id) where kind = 'hold';
create unique index entry_resolves_once on entry (task_id) where kind in ('capture', 'release');

create table task (
  id text primary key,
  app_id text not null references app (id),
  product text not null check (product in ('fund', 'insurance')),
  area text not null,
  login_type bigint not null,
  stage text not null,
  detail text not null,
  fence bigint not null,
  node_id text,
  leased_at bigint,
  -- How often a node died while it had the task, since it last got on.
  crashes bigint not null default 0,
  -- Why nobody works on the task or ends it until an operator has looked.
  set_aside text,
  login_sealed {blob},
  data_key {blob},
  session_sealed {blob},
  fingerprint text,
  created_at bigint not null,
  updated_at bigint not null,
  due_at bigint not null,
  crawled_at bigint,
  finished_at bigint,
  wipe_after bigint,
  wiped_at bigint,
  constraint task_stage_is_known check (stage in
    ('queued', 'logging_in', 'asking', 'logged_in', 'crawling', 'storing', 'done', 'failed')),
  constraint task_end_is_told check ((finished_at is not null) = (stage in ('done', 'failed'))),
  constraint task_login_is_queued check (login_sealed is null or stage = 'queued'),
  constraint task_ended_keeps_nothing check (finished_at is null
    or (leased_at is null and session_sealed is null and fingerprint is null)),
  constraint task_wipe_is_whole check (wiped_at is null or data_key is null)
);
create unique index task_open_twin on task (app_id, fingerprint) where fingerprint is not null;
create index task_by_portal_queued on task (node_id, product, area, app_id, created_at, id)
  where stage = 'queued';
create index task_by_stage on task (stage) where finished_at is null;
create index task_by_due_at on task (due_at) where finished_at is null;
create index task_by_set_aside on task (updated_at) where set_aside is not null;
create index task_by_wipe_after on task (wipe_after) where wiped_at is null and wipe_after is not null;

create table hold (
  task_id text primary key references task (id),
  app_id text not null references wallet (app_id),
  amount_fen bigint not null check (amount_fen >= 0),
  partial_rule text not null,
  state text not null check (state in ('open', 'captured', 'released')),
  due_at bigint not null,
  resolved_at bigint,
  constraint hold_end_is_told check ((resolved_at is null) = (state = 'open'))
);
create index hold_by_due_at on hold (due_at) where state = 'open';

create table challenge (
  task_id text not null references task (id),
  seq bigint not null,
  kind text not null check (kind in ('captcha', 'sms')),
  picture {blob},
  asked_at bigint not null,
  due_at bigint not null,
  answer_sealed {blob},
  answered_at bigint,
  closed_at bigint,
  primary key (task_id, seq),
  constraint challenge_closed_keeps_nothing check (closed_at is null
    or (picture is null and answer_sealed is null))
);
create unique index challenge_open_is_single on challenge (task_id) where closed_at is null;

create table section (
  task_id text not null references task (id),
  name text not null,
  sealed {blob} not null,
  findings_sealed {blob} not null,
  row_count bigint not null,
  stored_at bigint not null,
  primary key (task_id, name)
);

create table callback (
  id text primary key,
  task_id text not null references task (id),
  -- Counts a task's callbacks: none is sent after a later one.
  seq bigint not null,
  app_id text not null references app (id),
  url text not null,
  code bigint not null,
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
  constraint callback_is_taken_while_pending check (taken_at is null or state = 'pending')
);
create index callback_by_next_at on callback (next_at) where state = 'pending';
create index callback_by_app_due on callback (app_id, next_at) where state = 'pending';
create index callback_by_app_exhausted on callback (app_id, created_at) where state = 'exhausted';
create index callback_by_task on callback (task_id, seq);

create table callback_attempt (
  callback_id text not null references callback (id),
  attempt bigint not null,
  at bigint not null,
  http_status bigint,
  error text,
  primary key (callback_id, attempt)
);

create table idempotency (
  app_id text not null references app (id),
  key text not null,
  task_id text not null,
  about text not null,
  wipe_after bigint not null,
  primary key (app_id, key)
);
create index idempotency_by_wipe_after on idempotency (wipe_after);

-- Numbers of signatures that were used; each is good once.
create table nonce (
  app_id text not null references app (id),
  nonce text not null,
  wipe_after bigint not null,
  primary key (app_id, nonce)
);
create index nonce_by_wipe_after on nonce (wipe_after);

-- An area an operator or the portal's health has closed; no row, or an over `until_at`, is open.
create table area_switch (
  product text not null,
  area text not null,
  closed_by text not null check (closed_by in ('operator', 'health')),
  note text not null,
  until_at bigint,
  primary key (product, area)
);
