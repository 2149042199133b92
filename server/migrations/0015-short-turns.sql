-- Windows hear of what was written once no older transaction writes any more (feed.sql.ts): what works behind the messages takes short turns.

-- One table at a time; `learn_young_tables`, which took all in one turn, stays until no node can run that calls it.
create function learn_young_table(looked oid[]) returns oid language plpgsql security definer set search_path = parley, pg_temp as $$
declare
  young regclass;
begin
  select s.relid into young from pg_stat_all_tables s join pg_class c on c.oid = s.relid
   where s.schemaname in ('parley', 'parley_parts') and c.relkind = 'r'
     and s.n_live_tup between greatest(50, 4 * c.reltuples) and 20000 and s.relid <> all (looked)
   limit 1;
  if young is not null then
    execute format('analyze %s', young);
  end if;
  return young;
end $$;
revoke all on function learn_young_table(oid[]) from public;
grant execute on function learn_young_table(oid[]) to parley_program;

-- What is put off at each write is done by one of them, and often.
alter index message_words_words set (gin_pending_list_limit = 256);
