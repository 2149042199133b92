import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase } from '#tests/support/database.ts'
import { inspectCatalogue } from '../../checks/catalogue.ts'

const { ownerUrl } = await aDatabase()
const owner = new pg.Client(ownerUrl)
beforeAll(() => owner.connect())
afterAll(() => owner.end())

test('the wall between workspaces has no hole', async () => {
  const { holes, looked } = await inspectCatalogue(owner)
  expect(holes).toEqual([])
  expect(looked.workspace).toBeGreaterThan(30)
  expect(looked.plumbing).toBeGreaterThan(8)
  expect(looked.account).toBeGreaterThan(3)
})

const A_TABLE = `
  create table planted (workspace_id uuid, id uuid, other uuid, primary key (workspace_id, id));
  alter table planted enable row level security;
  alter table planted force row level security;
  create policy one_workspace on planted using (workspace_id = current_setting('parley.workspace')::uuid)
                             with check (workspace_id = current_setting('parley.workspace')::uuid)`

test.each([
  ['a table without it', 'alter table planted disable row level security', 'planted has no row-level security'],
  [
    'a table whose owner passes',
    'alter table planted no force row level security',
    'planted has no row-level security',
  ],
  ['a table without a policy', 'drop policy one_workspace on planted', 'planted has another policy'],
  [
    'a second policy, which widens the first',
    'create policy all_see on planted using (true)',
    'planted has another policy',
  ],
  [
    'a policy that lets write what it hides',
    'alter policy one_workspace on planted with check (true)',
    'planted has another policy',
  ],
  [
    'a unique key across workspaces',
    'create unique index planted_other on planted (other)',
    'planted_other is unique across',
  ],
  [
    'a foreign key by id alone',
    'create unique index by_id on contact (id); alter table planted add constraint crossing foreign key (other) references contact (id)',
    'planted.crossing is a foreign key',
  ],
  ['a text in plumbing', 'alter table inbound_work add column words text', 'inbound_work.words is content'],
  [
    'a partition among the tables',
    `create table planted_part partition of message for values from ('00000000-0000-0000-0000-000000000000') to ('00000000-0000-0000-0000-000000000001')`,
    'planted_part is a partition outside',
  ],
  [
    'a partition that may be read',
    'grant select on parley_parts.message_default to parley_program',
    'message_default is granted',
  ],
  ['a way to the partitions', 'grant usage on schema parley_parts to parley_program', 'parley_parts is a schema'],
  ['a plain view', 'create view planted_view as select * from contact', 'planted_view is a view'],
  ['a materialised view', 'create materialized view planted_view as select * from contact', 'planted_view is a view'],
  [
    'a function with its owner’s rights',
    `create function planted_function() returns int language sql security definer set search_path = parley as 'select 1'`,
    'planted_function() is a function with its owner’s rights that is not listed',
  ],
  ['one without a search path', 'alter function make_partitions() reset all', 'finds its names where the caller says'],
  ['a grant to everybody', 'grant select on contact to public', 'contact is granted to everybody'],
])('%s would be found', async (_, plant, hole) => {
  await owner.query(`begin; set local search_path = parley; ${A_TABLE}`)
  try {
    expect((await inspectCatalogue(owner)).holes).toEqual([])
    await owner.query(plant)
    expect((await inspectCatalogue(owner)).holes.join('\n')).toContain(hole)
  } finally {
    await owner.query('rollback')
  }
})
