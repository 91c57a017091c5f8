-- Never fewer than the app's tasks that have not ended; null when nobody knows. Each create raises it, no end
-- lowers it: it is counted anew when it reaches the app's limit, so that a create need not walk what is open.
alter table wallet add column open_at_most bigint;
