-- What running Parley for years needs: months that nobody needs any more go, links to files can be taken back, and a message with a
-- time of its own is known as such.

-- Bound to a moment that a member chose: it waits when the clock cannot be trusted, while chat goes on.
alter table delivery_work add column scheduled boolean not null default false;

-- Public links to this file that were made before this moment do not open any more.
alter table file add column links_since timestamptz;

-- Drops months of the big tables that nobody needs any more; called daily by the program, which owns no table.
--   feed     kept 35 days: a cursor that is older starts afresh
--   inbound  kept 60 days, longer while an event of that month still waits, is parked or in quarantine
--   message, delivery  only what retention has emptied
-- The current month and the one before always stay. A table in use is left for the next day: whoever waits here would be waited for.
create function drop_partitions() returns setof text language plpgsql security definer set search_path = parley, pg_temp as $$
declare
  part record;
  needed boolean;
begin
  perform pg_advisory_xact_lock(hashtextextended('parley.partitions', 0));
  perform set_config('lock_timeout', '2s', true);
  for part in
    select big, name, ends from (
      select parent.relname::text as big, child.relname::text as name,
             (to_date(right(child.relname::text, 7), 'YYYY_MM')::timestamp at time zone 'utc') + interval '1 month' as ends
        from pg_inherits i join pg_class parent on parent.oid = i.inhparent join pg_class child on child.oid = i.inhrelid
       where parent.relnamespace = 'parley'::regnamespace and parent.relname in ('message', 'inbound', 'delivery', 'feed')
         and child.relname ~ '_\d{4}_\d{2}$') months
     where ends <= date_trunc('month', now() at time zone 'utc') at time zone 'utc' - interval '1 month'
     order by ends
  loop
    if part.big = 'feed' then
      needed := part.ends > now() - interval '35 days';
    elsif part.big = 'inbound' then
      needed := part.ends > now() - interval '60 days' or exists (
        select from inbound_work where inbound_id < first_id_of(part.ends) and inbound_id >= first_id_of(part.ends - interval '1 month'));
    else
      -- Row-level security binds the owner too; its size does not lie after retention's vacuum.
      needed := pg_relation_size(format('parley_parts.%I', part.name)) > 0;
    end if;
    continue when needed;
    begin
      execute format('drop table parley_parts.%I', part.name);
      return next part.name;
    exception when lock_not_available then
      null;
    end;
  end loop;
end $$;
revoke all on function drop_partitions() from public;
grant execute on function drop_partitions() to parley_program;
