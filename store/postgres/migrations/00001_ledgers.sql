-- +goose Up
-- One row a ledger. Its first part is what the ledger says of itself; then who has it; then which database it is in.
create table acsync.ledgers (
  no                integer generated always as identity primary key,
  id                bytea not null unique check (length(id) = 8),     -- first half of every stamp
  name              text not null unique check (name <> ''),
  tenant            text check (tenant <> ''),                        -- the accounts; null until it is bound to them
  rehearsal         boolean not null,
  identity          text not null check (identity in ('conversation', 'resolution')),
  created           timestamptz(3) not null,
  start             timestamptz(3) not null,
  floor             timestamptz(3),
  checkpoint        timestamptz(3) not null,
  witnessed         timestamptz(3) not null,
  known_from        timestamptz(3),
  acknowledged      timestamptz(3),
  lateness          bytea not null default '',
  counts            bigint[] not null,                                -- keys by state, of unknown to dropped
  changes           bigint not null,                                  -- number of the last change
  intents           bigint not null default 0,                        -- the last number given
  accepted          bigint not null default 0,                        -- keys that ever became accepted
  others            bigint not null default 0,                        -- of these: not asked for by this ledger
  life              bigint not null default 0,                        -- up to here intents may be of a life before
  excused           bigint not null default 0,                        -- up to here what was lost is excused
  credential        bytea check (length(credential) = 16),            -- hash of what requests are sent with
  credential_since  bigint not null default 0,                        -- intents before it was bound to that
  distrusted        boolean not null default false,                   -- a repair is due, or has begun

  epoch             bigint not null default 0,                        -- times that it was taken
  token             bytea check (length(token) = 16),                 -- of whoever has it; null for nobody
  held_until        timestamptz,
  holder            json,                                             -- who that is, and how far its pass is
  unsure_until      timestamptz(3),                                   -- an earlier holder may send until then

  system            bigint not null,                                  -- identifier of the database system,
  timeline          integer not null,                                 -- and the timeline, in which it was written last
  restored          timestamptz(3),                                   -- since then one of both is known to differ

  next_pass         timestamptz,
  paused            json
) with (fillfactor = 50);

create unique index on acsync.ledgers (tenant, rehearsal);

-- The key is encoded as in a ledger that is a file, so that both sort alike.
create table acsync.keys (
  ledger      integer not null references acsync.ledgers on delete cascade,
  key         bytea not null,
  state       smallint not null check (state between 1 and 8),
  reason      text not null default '',
  resolution  timestamptz(3),
  at          timestamptz(0) not null,
  due         timestamptz(3),
  first       timestamptz(0),
  attempts    integer not null default 0,
  status      integer not null default 0,
  intent      bigint not null default 0,
  doubt       bigint not null default 0,
  primary key (ledger, key)
) partition by hash (ledger);

-- +goose StatementBegin
do $$
begin
  for part in 0..15 loop
    execute format('create table acsync.keys_%s partition of acsync.keys for values with (modulus 16, remainder %s)', part, part);
  end loop;
end
$$;
-- +goose StatementEnd

create index on acsync.keys (ledger, due, key) where state in (1, 5, 6);
create index on acsync.keys (ledger, key) where state = 2;

create table acsync.runs (
  ledger   integer not null references acsync.ledgers on delete cascade,
  number   bigint not null,
  pass     text not null,
  killed   boolean not null,
  summary  json not null,
  primary key (ledger, number)
);

create index on acsync.runs (ledger, pass);

create table acsync.backfills (
  ledger    integer not null references acsync.ledgers on delete cascade,
  begins    timestamptz(3) not null,
  ends      timestamptz(3) not null,                                  -- infinity: up to whatever is now
  position  timestamptz(3) not null,
  begun     timestamptz(3) not null,
  finished  timestamptz(3),
  primary key (ledger, begins, ends)
);

-- Who waits for a ledger, by their own word: nothing depends on it.
create unlogged table acsync.waiters (
  place   text primary key,
  ledger  text not null,
  waiter  json not null,
  since   timestamptz not null,
  at      timestamptz not null
);
