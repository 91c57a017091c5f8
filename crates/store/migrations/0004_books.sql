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
