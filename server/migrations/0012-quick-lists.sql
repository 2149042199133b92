-- What the lists, their counts and an opened thread look at, and nothing else.

-- An id which none of the messages shown here precedes, where it is not the conversation's own: those that came from joined ones are older.
-- It tells which months a thread lies in.
alter table conversation add column oldest uuid;
alter table message no force row level security;
alter table conversation no force row level security;
update conversation c set oldest = m.id
  from (select distinct on (workspace_id, shown_in) workspace_id, shown_in, id from message
         where conversation_id <> shown_in order by workspace_id, shown_in, id) m
 where c.workspace_id = m.workspace_id and c.id = m.shown_in and m.id < c.id;
alter table message force row level security;
alter table conversation force row level security;

-- Each view is read, and counted, from an index alone; closed conversations, which are nearly all, stand in one of them.
drop index conversation_list, conversation_all, conversation_assignee, conversation_failed;
create index conversation_list on conversation (workspace_id, status, last_at desc, id desc) include (assignee_id, waiting_since)
  where joined_into is null and last_message is not null;
create index conversation_active on conversation (workspace_id, last_at desc, id desc)
  where joined_into is null and last_message is not null and status <> 'closed';
create index conversation_assignee on conversation (workspace_id, assignee_id, last_at desc, id desc) include (status)
  where joined_into is null and last_message is not null and status <> 'closed';
create index conversation_failed on conversation (workspace_id, last_at desc, id desc)
  where joined_into is null and last_message is not null and failed > 0;
