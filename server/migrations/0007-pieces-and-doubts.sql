-- Pieces of a message that have not arrived yet, where it was cut into several: a report about one of them does not speak for the whole.
alter table delivery add column rest smallint not null default 0;

-- An attempt may have arrived, and its platform folds a repeat: only as long as it still does so may it go again by itself.
alter table delivery_work add column doubtful boolean not null default false;
