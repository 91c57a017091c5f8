-- A link may ask for several products: each has its own tasks, and its own end.

create table link_part (
  link_id text not null references link (id),
  product text not null check (product in ('fund', 'insurance')),
  -- In which order they are gone through.
  seq bigint not null,
  -- Its newest task, and one before it that has read a part, while another reads the rest.
  task_id text,
  kept_task_id text,
  state text not null check (state in ('open', 'accepted', 'skipped', 'handed_over', 'left')),
  -- Where the person was when it was skipped, or left with the link's end, and why: words of the program.
  exit_stage text,
  exit_reason text,
  -- What the erasure of its records was answered with.
  receipt text,
  primary key (link_id, product),
  constraint link_part_exit_is_whole check ((exit_stage is null) = (exit_reason is null))
);
insert into link_part
  (link_id, product, seq, task_id, kept_task_id, state, exit_stage, exit_reason, receipt)
  select id, product, 1, task_id, kept_task_id,
    case when outcome is null then 'open' when outcome = 'handed_over' then 'handed_over' else 'left' end,
    exit_stage, exit_reason, receipt
  from link;
alter table link drop column product;
alter table link drop column task_id;
alter table link drop column kept_task_id;
alter table link drop column receipt;

-- Both products have a section of base records: what is wrong is said of one of them.
create table wrong_result_of_product (
  link_id text not null,
  product text not null,
  section text not null,
  reason text not null,
  area text not null,
  said_at bigint not null,
  primary key (link_id, product, section)
);
insert into wrong_result_of_product (link_id, product, section, reason, area, said_at)
  select link_id, product, section, reason, area, said_at from wrong_result;
drop table wrong_result;
alter table wrong_result_of_product rename to wrong_result;
create index wrong_result_by_area on wrong_result (product, area, said_at);
create index wrong_result_by_time on wrong_result (said_at);
