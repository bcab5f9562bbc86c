-- +goose Up
-- What is needed to make passes by a schedule. All of it may be lost: at worst passes are late.
alter table acsync.ledgers add column failures integer not null default 0;   -- passes in a row that could not work

create index on acsync.ledgers (next_pass);

-- When the schedule was last looked at, by whichever worker.
create table acsync.ticks (
  one  boolean primary key default true check (one),
  at   timestamptz not null
);
