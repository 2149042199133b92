-- A link to sign in again is good as long as whoever made it may make it. No foreign key: its lock on the maker's row would come after the rows of
-- owners, and whoever removes him locks them the other way round; members are never deleted.
alter table setup_link add column workspace_id uuid;
alter table setup_link add column member_id uuid;  -- null: made by the command line, or by a node of the version before
