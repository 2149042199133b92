-- A stranger may call himself by a million letters: cut into groups, lowering them all anew for each, that took longer than a statement may.
-- They are lowered once, and what stands beyond the first thousand letters is not looked for: names are cut below that where they come in.
create or replace function groups_of_three(words text) returns text[] language sql immutable strict parallel safe as $$
  select coalesce(array_agg(distinct substr(looked, n, 3)), '{}')
    from (select left(lower(words), 1000) as looked) l, generate_series(1, length(looked) - 2) n
$$;
reindex index identity_names;
reindex index contact_names;
