-- When a snoozed conversation came back by itself. Then it moves to the top: while woke_at = last_at, that is why it stands there.

alter table conversation add column woke_at timestamptz;
