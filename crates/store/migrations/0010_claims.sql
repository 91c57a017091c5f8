-- The kinds of questions are the program's (`ChallengeKind`), which takes no row with a word that it does not
-- know: said once more here, each new kind would rewrite the table.

create table challenge_of_any_word (
  task_id text not null references task (id),
  seq bigint not null,
  kind text not null,
  question_sealed {blob},
  asked_at bigint not null,
  due_at bigint not null,
  answer_sealed {blob},
  answered_at bigint,
  closed_at bigint,
  primary key (task_id, seq),
  constraint challenge_closed_keeps_nothing check (closed_at is null
    or (question_sealed is null and answer_sealed is null))
);
insert into challenge_of_any_word
  (task_id, seq, kind, question_sealed, asked_at, due_at, answer_sealed, answered_at, closed_at)
  select task_id, seq, kind, question_sealed, asked_at, due_at, answer_sealed, answered_at, closed_at
  from challenge;
drop table challenge;
alter table challenge_of_any_word rename to challenge;
create unique index challenge_open_is_single on challenge (task_id) where closed_at is null;
-- Thousands wait for their person; those that have an answer are few, and are counted at each claim.
create index challenge_answered on challenge (task_id) where closed_at is null and answer_sealed is not null;

-- What a claim counts: without it, whatever else finds the tasks of an area finds all that it ever had.
create index task_open_by_portal on task (product, area, stage) where finished_at is null;
