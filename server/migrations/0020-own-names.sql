-- Names of messages that are ours begin with `#` (conversations/names.ts), so that none of them is taken for a platform's.
update message_ref set external_id = '#' || external_id where external_id like 'press:%' or external_id like 'unknown:%';
