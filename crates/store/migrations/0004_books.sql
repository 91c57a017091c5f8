-- Random keys of the deployment, each sealed with the deployment key: a new deployment key seals
-- them anew, and what was made under them stays good.
create table kept_key (
  name text primary key,
  sealed {blob} not null,
  made_at bigint not null
);

-- What the books were at an instant, signed. Number 0 is what was there when they were begun: entries
-- up to then may lack a signature.
create table checkpoint (
  number bigint primary key,
  at bigint not null,
  signed text not null
);

create index entry_by_time on entry (app_id, at);

-- The keys of tasks, apart from what they seal: a backup without this table holds noise. The column
-- task.data_key is not used any more.
create table task_key (
  task_id text primary key references task (id),
  sealed {blob} not null
);
insert into task_key (task_id, sealed) select id, data_key from task where data_key is not null;
update task set data_key = null where data_key is not null;

-- A keyed digest of the identity number that was typed, to erase by; gone with the result.
alter table task add column person text;
create index task_by_its_person on task (person) where person is not null;
-- Since when it is to be erased as soon as it has ended.
alter table task add column erase_asked_at bigint;
create index idempotency_by_task on idempotency (task_id);

-- What was erased when, in numbers.
create table erasure (
  id text primary key,
  at bigint not null,
  receipt text not null
);
create index erasure_by_time on erasure (at);

-- The tokenId before the present one, sealed, and until when it is taken.
alter table app add column former_token_sealed {blob};
alter table app add column former_token_until bigint;
