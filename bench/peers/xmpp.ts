import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { freePort } from '../../apps/server/src/testing/free-port.ts';
import { spawnPinned } from '../relay/cpu.ts';
import type { Postgres } from '../relay/postgres.ts';
import type { Target } from '../relay/target.ts';
import { listening, peerFolder } from './folder.ts';
import { fromDebian } from './install.ts';
import { connectAll, running } from './start-peer.ts';
import { XmppMember } from './xmpp-member.ts';

let databases = 0;

/** A database of its own for one run, with a schema. */
async function newDatabase(postgres: Postgres, prefix: string, schema: string): Promise<string> {
  databases += 1;
  const name = `${prefix}_${databases}`;
  const client = new pg.Client({ connectionString: await postgres.createDatabase(name) });
  await client.connect();
  if (schema !== '') await client.query(schema);
  await client.end();
  return name;
}

/** ejabberd with its archive in PostgreSQL. */
export function ejabberd(postgres: Postgres): Target {
  const version = fromDebian('ejabberd', 'erlang-p1-pgsql');
  return {
    name: 'ejabberd',
    settings: `ejabberd ${version}, archive in PostgreSQL: bench/peers/settings/ejabberd.yml.in; erl +K true +P 250000 +sbwt none`,
    start: async (receivers, sink) => {
      const folder = await peerFolder('ejabberd');
      const port = await freePort();
      const database = await newDatabase(
        postgres,
        'ejabberd',
        await readFile('/usr/share/ejabberd/sql/pg.sql', 'utf8'),
      );
      const values = { PORT: port, POSTGRES_PORT: postgres.port, DATABASE: database };
      const child = spawnPinned(
        'erl',
        [
          '+K',
          'true',
          '+P',
          '250000',
          '+sbwt',
          'none',
          '-noinput',
          '-mnesia',
          'dir',
          `"${folder.path}/spool"`,
          '-s',
          'ejabberd',
        ],
        {
          cwd: folder.path,
          env: {
            ERL_LIBS: '/usr/lib/x86_64-linux-gnu',
            EJABBERD_CONFIG_PATH: await folder.configure('ejabberd.yml', values),
            EJABBERD_LOG_PATH: `${folder.path}/ejabberd.log`,
            ERL_CRASH_DUMP_BYTES: '0',
            HOME: folder.path,
          },
        },
      );
      await listening(port);
      const members = await connectAll(receivers, (i) => XmppMember.connect(port, `bench${i}`, sink));
      return running(child, members, postgres, folder.remove);
    },
  };
}

/** Prosody with its archive in PostgreSQL. */
export function prosody(postgres: Postgres): Target {
  const version = fromDebian('prosody', 'lua-dbi-postgresql');
  return {
    name: 'Prosody',
    settings: `Prosody ${version}, archive in PostgreSQL: bench/peers/settings/prosody.lua.in`,
    start: async (receivers, sink) => {
      const folder = await peerFolder('prosody');
      const port = await freePort();
      const database = await newDatabase(postgres, 'prosody', '');
      const values = { PORT: port, POSTGRES_PORT: postgres.port, DATABASE: database };
      const file = await folder.configure('prosody.lua', values);
      const child = spawnPinned('prosody', ['-F', '--config', file], { cwd: folder.path });
      await listening(port);
      const members = await connectAll(receivers, (i) => XmppMember.connect(port, `bench${i}`, sink));
      return running(child, members, postgres, folder.remove);
    },
  };
}
