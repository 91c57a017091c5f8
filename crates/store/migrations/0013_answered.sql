-- Whose question has been answered, by the person or by the portal: counted before anybody else is let to it.
drop index challenge_answered;
create index challenge_answered on challenge (task_id) where closed_at is null and answered_at is not null;
