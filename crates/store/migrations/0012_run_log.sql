-- What a step is: of a connector, and not a stage that a task entered.
alter table step rename to stage;

-- What a run did at its portal, request by request, as the log tells it: sealed, and gone with its
-- task's result. A batch is known by the fence it was written under, so that one that is written
-- again is there once.
create table run_log (
  task_id text not null references task (id),
  fence bigint not null,
  seq bigint not null,
  sealed {blob} not null,
  at bigint not null,
  primary key (task_id, fence, seq)
);
