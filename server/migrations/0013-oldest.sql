-- Since when a thread has messages is kept here too, for a node of the version before 0012 joins and parts contacts while nodes are exchanged
-- one by one. Messages change their thread only then; what is older than its new thread is told to it.

-- In the order in which whoever writes messages takes them.
lock table conversation, message in share row exclusive mode;
create function keep_oldest() returns trigger language plpgsql set search_path = parley, pg_temp as $$
begin
  update conversation set oldest = new.id
   where workspace_id = new.workspace_id and id = new.shown_in and new.id < coalesce(oldest, id);
  return null;
end $$;
create trigger message_keeps_oldest after update of shown_in on message
  for each row when (new.shown_in <> old.shown_in and new.id < new.shown_in) execute function keep_oldest();
