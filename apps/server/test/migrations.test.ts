import { randomUUID } from 'node:crypto';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { readMigrations } from '../src/database/migration-files.ts';
import { databases } from './support/databases.ts';

type Query = (sql: string, values?: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** An empty database of each kind, to which statements are said. */
const kinds = databases.map(({ name, available, create }) => ({
  name,
  available,
  open: async (): Promise<{ query: Query; script: (sql: string) => Promise<unknown> }> => {
    if (name === 'PGlite') {
      const pglite = await PGlite.create();
      closing.push(() => pglite.close());
      return { query: (sql, values) => pglite.query(sql, values), script: (sql) => pglite.exec(sql) };
    }
    const { location, drop } = await create();
    closing.push(drop);
    const client = new pg.Client({ connectionString: 'url' in location ? location.url : '' });
    await client.connect();
    closing.push(() => client.end());
    return { query: (sql, values) => client.query(sql, values), script: (sql) => client.query(sql) };
  },
}));

for (const { name, available, open } of kinds) {
  describe.skipIf(!available)(`migrations on ${name}`, () => {
    it('R14 members whose devices are in a group count as having been there since they joined, others not', async () => {
      const { query, script } = await open();
      const migrations = await readMigrations();
      const at = migrations.findIndex((migration) => migration.name.endsWith('_signed_foundings_and_bars'));
      for (const { sql } of migrations.slice(0, at)) await script(sql);

      const [room, inside, leaving, outside] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
      await query(`INSERT INTO rooms (id, kind, policy) VALUES ($1, 'thread', 'sealed')`, [room]);
      for (const [account, joined] of [
        [inside, 7],
        [leaving, 8],
        [outside, 9],
      ]) {
        await query(
          `INSERT INTO accounts (id, username, username_key, written_key, password_hash) VALUES ($1, $2, $2, $2, '')`,
          [account, account],
        );
        await query(`INSERT INTO memberships (room_id, account_id, joined_seq) VALUES ($1, $2, $3)`, [
          room,
          account,
          joined,
        ]);
      }
      for (const [account, pending] of [
        [inside, false],
        [leaving, true],
      ]) {
        const device = randomUUID();
        await query(`INSERT INTO devices (id, account_id, root, signature_key) VALUES ($1, $2, 0, '')`, [
          device,
          account,
        ]);
        await query(
          `INSERT INTO roster_devices (room_id, device_id, account_id, removal_pending) VALUES ($1, $2, $3, $4)`,
          [room, device, account, pending],
        );
      }
      await query(
        `INSERT INTO entries (room_id, seq, kind, generation, epoch, account_id, device_id, entry_id, at, body)
         VALUES ($1, 1, 'message', 1, 0, $2, $3, $4, now(), '')`,
        [room, inside, randomUUID(), randomUUID()],
      );

      for (const { sql } of migrations.slice(at)) await script(sql);
      const { rows } = await query('SELECT account_id, in_group_seq::int FROM memberships ORDER BY joined_seq');
      expect(rows).toEqual([
        { account_id: inside, in_group_seq: 7 },
        { account_id: leaving, in_group_seq: null },
        { account_id: outside, in_group_seq: null },
      ]);
      // What was emptied before keeps being without a digest.
      expect((await query('SELECT digest FROM entries')).rows).toEqual([{ digest: null }]);
    });
  });
}
