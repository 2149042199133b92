-- What such a node did before 0013. No table is locked: messages go on coming meanwhile.
do $$
declare
  each uuid;
begin
  for each in select workspace_id from workspace_directory loop
    perform set_config('parley.workspace', each::text, true);
    update conversation c set oldest = m.id
      from (select distinct on (shown_in) shown_in, id from message
             where workspace_id = each and conversation_id <> shown_in order by shown_in, id) m
     where c.workspace_id = each and c.id = m.shown_in and m.id < coalesce(c.oldest, c.id);
  end loop;
end $$;
