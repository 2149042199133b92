-- Names of messages that are ours begin with `#` (conversations/names.ts), so that none of them is taken for a platform's.
alter table message_ref no force row level security;
update message_ref set external_id = '#' || external_id where external_id like 'press:%' or external_id like 'unknown:%';
alter table message_ref force row level security;
