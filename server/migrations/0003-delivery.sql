-- A delivery expires by the time during which its channel could send; waiting is counted apart from the tries that use a delivery up.

alter table delivery_work add column expires_open bigint not null default 0; -- fails when channel_pace.open_ms has come so far
alter table delivery_work add column waits smallint not null default 0;      -- in a row, for back-off; `tries` are those that count
