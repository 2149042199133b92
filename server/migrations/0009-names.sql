-- Names and addresses are found by groups of three letters: each search for a person read all contacts. As with words (0008-search.sql), ILIKE
-- may not look into an index behind row-level security, so a function of the owner does, and asks for the workspace itself. Groups of our own,
-- for pg_trgm knows no letter beyond ASCII in a database of the C locale, such as ours.

create function groups_of_three(words text) returns text[] language sql immutable strict parallel safe as $$
  select coalesce(array_agg(distinct substr(lower(words), n, 3)), '{}') from generate_series(1, length(words) - 2) n
$$;
create index identity_names on identity using gin (groups_of_three(
  coalesce(name, '') || E'\n' || coalesce(handle, '') || E'\n' || coalesce(phone, '') || E'\n' || coalesce(email, '') || E'\n' || external_id));
create index contact_names on contact using gin (groups_of_three(name)) where name is not null;

alter table identity no force row level security;
alter table contact no force row level security;

-- Contacts, and rooms, whose name or address holds these letters. null: too many to list, or too little to look for; whoever walks from the
-- newest meets some soon.
create function people_called(letters text) returns uuid[]
  language plpgsql stable security definer set search_path = parley, pg_temp set enable_seqscan = off as $$
declare
  few constant integer := 2000;
  groups constant text[] := groups_of_three(letters);
  found uuid[];
  many bigint;
begin
  if cardinality(groups) = 0 then return null; end if;
  -- Without the workspace, so that no other index can answer; it is asked for outside.
  select array_agg(distinct n.who) filter (where n.workspace_id = current_setting('parley.workspace')::uuid and position(lower(letters) in lower(n.names)) > 0), count(*)
    into found, many from (
    (select coalesce(i.contact_id, i.id) as who, i.workspace_id, coalesce(i.name, '') || E'\n' || coalesce(i.handle, '') || E'\n' || coalesce(i.phone, '') || E'\n' || coalesce(i.email, '') || E'\n' || i.external_id as names from identity i
      where groups_of_three(coalesce(i.name, '') || E'\n' || coalesce(i.handle, '') || E'\n' || coalesce(i.phone, '') || E'\n' || coalesce(i.email, '') || E'\n' || i.external_id)
            @> groups limit few + 1)
    union all
    (select c.id, c.workspace_id, c.name from contact c where groups_of_three(c.name) @> groups and c.name is not null limit few + 1)) n;
  return case when many > few then null else coalesce(found, '{}') end;
end $$;
revoke all on function people_called(text) from public;
grant execute on function people_called(text) to parley_program;
