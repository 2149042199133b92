-- Search by its index. Behind row-level security PostgreSQL asks the policy first and shows nobody's rows to an operator that might tell of
-- them, such as @@: the index of words was never used, each search read every message of the workspace.
--
-- So a function of the owner looks into the index, and itself asks for the workspace of the transaction. Row-level security stays on for the
-- program; only the owner passes (`no force`), in this table alone: checks/catalogue.ts lists it.

alter table message_words no force row level security;
create index message_words_newest on message_words (workspace_id, placed desc, message_id desc);

-- The newest messages with these words, behind a place. A common word is found by walking from the newest message, a seldom one by the index
-- of words, which knows no order and is dear for a common one. Which it is, no estimate has to say: each step is bounded, and what it found
-- stands before what the next one finds.
--   a short walk → the index, if it holds a few thousand at most and the walk met hardly one → a long walk → the index, all of it
create function find_words(asked tsquery, before_placed timestamptz, before_id uuid, most integer)
  returns table (message_id uuid, placed timestamptz)
  language plpgsql stable rows 30 security definer set search_path = parley, pg_temp set enable_seqscan = off as $$
#variable_conflict use_column
declare
  mine constant uuid := current_setting('parley.workspace')::uuid;
  few constant integer := 5000;
  steps integer;
  hits integer;
  last record;
begin
  before_placed := coalesce(before_placed, 'infinity');
  before_id := coalesce(before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  foreach steps in array array[600, 30000] loop
    -- The limit inside keeps the planner from another index.
    return query
      select w.message_id, w.placed from (
        select * from message_words n where n.workspace_id = mine and (n.placed, n.message_id) < (before_placed, before_id)
         order by n.placed desc, n.message_id desc limit steps) w
       where w.words @@ asked order by w.placed desc, w.message_id desc limit most;
    get diagnostics hits = row_count;
    most := most - hits;
    if most <= 0 then return; end if;
    select n.placed, n.message_id into last from message_words n
     where n.workspace_id = mine and (n.placed, n.message_id) < (before_placed, before_id)
     order by n.placed desc, n.message_id desc offset steps - 1 limit 1;
    if not found then return; end if;
    before_placed := last.placed;
    before_id := last.message_id;
    -- Seldom of late: seldom at all? Without the workspace, so that no other index can answer; it is asked for below.
    if steps = 600 and hits < 2 and (select count(*) from (select from message_words n where n.words @@ asked limit few + 1) n) <= few then
      exit;
    end if;
  end loop;
  return query
    with all_of_them as materialized (select n.workspace_id, n.message_id, n.placed from message_words n where n.words @@ asked)
    select a.message_id, a.placed from all_of_them a
     where a.workspace_id = mine and (a.placed, a.message_id) < (before_placed, before_id)
     order by a.placed desc, a.message_id desc limit most;
end $$;
revoke all on function find_words(tsquery, timestamptz, uuid, integer) from public;
grant execute on function find_words(tsquery, timestamptz, uuid, integer) to parley_program;
