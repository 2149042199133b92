-- A plan that is kept opens every month of messages unless it is given bounds of ids: the outbox knows them before it asks. Empty where a node of
-- the version before queued it.
alter table delivery_work add column message_id uuid;
