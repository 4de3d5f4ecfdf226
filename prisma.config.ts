import { defineConfig } from 'prisma/config';

/** For the Prisma CLI (`generate`). The server opens its database itself: `apps/server/src/database`. */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
});
