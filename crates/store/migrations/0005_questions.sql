-- Questions of more kinds, and whole: what they show is sealed with the task's key, since it can be
-- the person's own accounts. Pictures of questions that are open now are left behind: their nodes have
-- ended, and so will their tasks.

create table challenge_of_any_kind (
  task_id text not null references task (id),
  seq bigint not null,
  kind text not null check (kind in
    ('captcha', 'sms', 'scan', 'slide', 'click', 'choose', 'confirm')),
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
insert into challenge_of_any_kind
  (task_id, seq, kind, asked_at, due_at, answer_sealed, answered_at, closed_at)
  select task_id, seq, kind, asked_at, due_at, answer_sealed, answered_at, closed_at from challenge;
drop table challenge;
alter table challenge_of_any_kind rename to challenge;
create unique index challenge_open_is_single on challenge (task_id) where closed_at is null;

-- Whether its polls have the question as data beside the picture.
alter table app add column wants_challenges bigint not null default 0
  check (wants_challenges in (0, 1));
