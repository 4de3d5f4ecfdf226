import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { cheapServer, root } from './paths.ts';
import { TestServer } from './test-server.ts';

/** The tests run against the production build; what is missing or stale of it is made here. */
export default async function globalSetup(): Promise<void> {
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], { cwd: root, stdio: 'inherit' });
  const cheap = [join(root, 'e2e/support/server-process.ts'), cheapServer];
  execFileSync(process.execPath, [join(root, 'scripts/build-server.mjs'), ...cheap], { cwd: root, stdio: 'inherit' });
  await TestServer.makeTemplate();
}
