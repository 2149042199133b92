-- Short work instead of one that grows with what is there.

-- A subscription that begins again after a restore builds its effects page by page, and keeps its place here.
alter table subscription add column rebuilt_to uuid;  -- the last fact it has built from; null: all of them

-- Who may be the same person has the same phone, address or name as the one that is asked about; for each look at a contact all identities were
-- read. They are looked up by a key of eight bytes, however long the name, in which the workspace is mixed: a name that all have elsewhere costs
-- nothing here.
create function likeness(workspace uuid, words text) returns bigint language sql immutable strict parallel safe as $$
  select hashtextextended(workspace::text || lower(words), 0)
$$;
create index identity_same_phone on identity (likeness(workspace_id, phone)) where phone is not null and contact_id is not null and not ours;
create index identity_same_email on identity (likeness(workspace_id, email)) where email is not null and contact_id is not null and not ours;
create index identity_same_name on identity (likeness(workspace_id, name)) where name is not null and contact_id is not null and not ours;

-- Identities of others that share one of those with this contact; of a name that many have, some. As with words (0008-search.sql): lower() may not
-- look into an index behind row-level security, so a function of the owner does, and asks for the workspace itself.
create function identities_like(asked uuid) returns setof uuid
  language plpgsql stable rows 10 security definer set search_path = parley, pg_temp set enable_seqscan = off as $$
declare
  mine constant uuid := current_setting('parley.workspace')::uuid;
  few constant integer := 50;
begin
  return query
    select distinct o.id from identity i, lateral (
      (select p.id from identity p
        where likeness(p.workspace_id, p.phone) = likeness(mine, i.phone) and p.phone is not null and p.contact_id is not null and not p.ours
          and p.workspace_id = mine and p.phone = i.phone and p.phone <> '' and p.contact_id <> asked limit few)
      union all
      (select p.id from identity p
        where likeness(p.workspace_id, p.email) = likeness(mine, i.email) and p.email is not null and p.contact_id is not null and not p.ours
          and p.workspace_id = mine and lower(p.email) = lower(i.email) and p.email <> '' and p.contact_id <> asked limit few)
      union all
      (select p.id from identity p
        where likeness(p.workspace_id, p.name) = likeness(mine, i.name) and p.name is not null and p.contact_id is not null and not p.ours
          and p.workspace_id = mine and lower(p.name) = lower(i.name) and p.name <> '' and p.contact_id <> asked limit few)) o
     where i.workspace_id = mine and i.contact_id = asked;
end $$;
revoke all on function identities_like(uuid) from public;
grant execute on function identities_like(uuid) to parley_program;
