-- The newest page of a portal that seems to have changed, a row for the login and for each section;
-- it holds no value of a person, and is sealed with the deployment key.

create table evidence (
  product text not null,
  area text not null,
  part text not null,
  version text not null,
  sealed {blob} not null,
  seen_at bigint not null,
  primary key (product, area, part)
);
create index evidence_by_seen_at on evidence (seen_at);
