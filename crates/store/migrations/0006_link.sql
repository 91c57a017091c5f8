-- The person's page: who asks for what, what the person agreed to, and what became of it. Of the
-- address that opens it there is a digest alone.

create table link (
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
  ended_at bigint,
  outcome text check (outcome in ('handed_over', 'declined')),
  constraint link_consent_is_whole check ((holder is null) = (consented_at is null)
    and (holder is null) = (consent is null)),
  constraint link_end_is_whole check ((ended_at is null) = (outcome is null))
);
create index link_without_consent on link (expires_at) where consented_at is null;

-- Addresses that the person's page may lead back to.
create table return_url (
  app_id text not null references app (id),
  url text not null,
  primary key (app_id, url)
);

-- Until the person hands its result over, and at most until then, a task is shown to its person alone.
alter table task add column withheld_until bigint;
