-- An index begins with what tells rows apart, never with the workspace: many rows share that, so that a planner which knows nothing of a
-- young table yet takes any such index for as good as the key, and reads a whole workspace for one row. They are smaller, too.
-- Where a list of one workspace is read in an order (`conversation_list`, the heads of lanes), the workspace stays in front.

drop index message_shown, message_origin, message_ref_message, delivery_message, delivery_unread, delivery_work_delivery,
  identity_contact, road_chat, evidence_one, evidence_other, proof_link_contact, consent_contact, act_object, file_fetch_message;

create index message_shown on message (shown_in, placed, seq);
create index message_origin on message (conversation_id, seq);
create index message_ref_message on message_ref (message_id);
create index delivery_message on delivery (message_id);
create index delivery_unread on delivery (identity_id, channel_id, dispatched_at) where state in ('sent', 'delivered', 'unconfirmed');
create index delivery_work_delivery on delivery_work (delivery_id);
create index identity_contact on identity (contact_id);
create index road_chat on road (channel_id, chat);
create index evidence_one on evidence (one);
create index evidence_other on evidence (other);
create index proof_link_contact on proof_link (contact_id);
create index consent_contact on consent (contact_id, id);
create index act_object on act (object_id, id);
create index file_fetch_message on file_fetch (message_id);

-- What PostgreSQL knows of tables that grew to four times what it last saw. Its own look comes a minute late: the plans of the first hour would
-- read whole tables till then. Called every few seconds by the program, which owns no table: hence security definer.
create function learn_young_tables() returns void language plpgsql security definer set search_path = parley, pg_temp as $$
declare
  young regclass;
begin
  for young in
    select s.relid from pg_stat_all_tables s join pg_class c on c.oid = s.relid
     where s.schemaname in ('parley', 'parley_parts') and c.relkind = 'r'
       and s.n_live_tup between greatest(50, 4 * c.reltuples) and 20000
  loop
    execute format('analyze %s', young);
  end loop;
end $$;
revoke all on function learn_young_tables() from public;
grant execute on function learn_young_tables() to parley_program;
