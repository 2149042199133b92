-- Ways back for whoever lost the password or the second factor.

-- Beside the first owner's links: by this one an account gets a new password and loses its second factor. A node of the version before takes it
-- for a first owner's, and there is an owner whenever there is an account: it refuses.
alter table setup_link add column account_id uuid references account on delete cascade;  -- null: the first owner's
create index setup_link_account on setup_link (account_id) where account_id is not null;

-- Each works once in place of a code of the second factor.
create table recovery_code (
  code_hash  bytea primary key,
  account_id uuid not null references account on delete cascade
);
create index recovery_code_account on recovery_code (account_id);
grant select, insert, delete on recovery_code to parley_program;

-- They go with the factor, also where a node of the version before turns it off.
create function drop_recovery_codes() returns trigger language plpgsql set search_path = parley, pg_temp as $$
begin
  delete from recovery_code where account_id = new.id;
  return null;
end $$;
create trigger account_drops_codes after update of totp_secret on account
  for each row when (new.totp_secret is null and old.totp_secret is not null) execute function drop_recovery_codes();
