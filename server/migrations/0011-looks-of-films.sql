-- Films that came in letters were stored without their look, and a conversation with one could not be opened.
create function pg_temp.with_looks(content jsonb) returns jsonb language sql immutable as $$
  select jsonb_set(content, '{parts}', (
    select jsonb_agg(case when part ->> 'kind' = 'video' and not part ? 'look' then part || '{"look": "plain"}' else part end order by place)
      from jsonb_array_elements(content -> 'parts') with ordinality as p (part, place)))
$$;
alter table message no force row level security;
alter table message_version no force row level security;
update message set content = pg_temp.with_looks(content) where content @? '$.parts[*] ? (@.kind == "video" && !exists (@.look))';
update message_version set content = pg_temp.with_looks(content) where content @? '$.parts[*] ? (@.kind == "video" && !exists (@.look))';
alter table message force row level security;
alter table message_version force row level security;
