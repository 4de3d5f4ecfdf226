import { randomUUID } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import type { DatabaseLocation } from '../../src/database/database.ts';
import { PrismaClient } from '../../src/generated/prisma/client.ts';
import { openMemory } from '../../src/testing/database-image.ts';

/** Where tests look for a PostgreSQL server; without one those of PostgreSQL are skipped, visibly. */
const { TEST_DATABASE_URL = 'postgresql://postgres@127.0.0.1:5432/postgres' } = process.env;

async function withServer<T>(run: (prisma: PrismaClient) => Promise<T>): Promise<T> {
  const adapter = new PrismaPg({ connectionString: TEST_DATABASE_URL, connectionTimeoutMillis: 2_000 });
  const prisma = new PrismaClient({ adapter });
  try {
    return await run(prisma);
  } finally {
    await prisma.$disconnect();
  }
}

export interface TestDatabase {
  readonly name: string;
  readonly available: boolean;
  /** A database that nobody else has. */
  create(): Promise<{ location: DatabaseLocation; drop(): Promise<void> }>;
}

const reachable = await withServer((prisma) => prisma.$queryRaw`SELECT 1`).then(
  () => true,
  () => false,
);

/** Every kind of database that the server runs on. */
export const databases: readonly TestDatabase[] = [
  {
    name: 'PGlite',
    available: true,
    create: async () => ({ location: { memory: await openMemory() }, drop: async () => {} }),
  },
  {
    name: 'PostgreSQL',
    available: reachable,
    create: async () => {
      const name = `undertone_test_${randomUUID().replaceAll('-', '')}`;
      await withServer((prisma) => prisma.$executeRawUnsafe(`CREATE DATABASE ${name}`));
      const url = new URL(TEST_DATABASE_URL);
      url.pathname = `/${name}`;
      const drop = async (): Promise<void> => {
        await withServer((prisma) => prisma.$executeRawUnsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
      };
      return { location: { url: url.href }, drop };
    },
  },
];
