-- How many events one chat has parked: a stranger may name messages that never come, and must not fill the queue with them.

create index inbound_work_parked_lane on inbound_work (workspace_id, lane) where state = 1;
