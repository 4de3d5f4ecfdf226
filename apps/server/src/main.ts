import { createInterface } from 'node:readline';
import { type App, buildApp } from './app.ts';
import { type Database, openDatabase } from './database/database.ts';
import { listen } from './listen.ts';
import { createLogger } from './logger.ts';
import { startMetricsServer } from './metrics/metrics-server.ts';
import { serverLimits } from './server-limits.ts';
import { readSettings } from './settings.ts';
import { StartupError } from './startup-error.ts';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function printFirstInvite({ services }: App, origin: string): Promise<void> {
  if (services.settings.registration !== 'invite' || (await services.accounts.count()) > 0) return;
  const { code } = await services.invites.create(null);
  say(`Invitation for the first account: ${origin}/signup?invite=${code}`);
}

/** SIGTERM, SIGINT, or the line TERMINATE on the console: flush, send everyone away, exit 0. */
function exitOnRequest(app: App, database: Database, log: (line: string) => void): void {
  let going = false;
  const go = async (why: string): Promise<void> => {
    if (going) return;
    going = true;
    log(`${why}: shutting down`);
    setTimeout(() => {
      log(`not done after ${serverLimits.shutdownMaxMs} ms: broken off`);
      process.exit(1);
    }, serverLimits.shutdownMaxMs).unref();
    await app.close();
    await database.close();
    process.exit(0);
  };
  const begin = (why: string): void => {
    go(why).catch((error: unknown) => {
      process.stderr.write(`Shutting down failed: ${String(error)}\n`);
      process.exit(1);
    });
  };
  process.on('SIGTERM', () => begin('SIGTERM'));
  process.on('SIGINT', () => begin('SIGINT'));
  createInterface({ input: process.stdin }).on('line', (line) => {
    if (line.trim() === 'TERMINATE') begin('TERMINATE');
  });
}

async function main(): Promise<void> {
  const settings = readSettings(process.env, process.argv.slice(2));
  const logger = createLogger(settings.logLevel);
  const { databaseUrl, dataDir } = settings;
  const database = await openDatabase(databaseUrl === undefined ? { dataDir } : { url: databaseUrl });
  try {
    const app = await buildApp({ settings, database, logger });
    exitOnRequest(app, database, (line) => logger.info(line));
    const metrics = settings.metrics && (await startMetricsServer(settings.metrics));
    if (metrics) logger.info({ metrics: metrics.origin }, 'metrics are served');
    const origin = await listen(app, settings);
    await printFirstInvite(app, origin);
    say(origin);
  } catch (error) {
    await database.close();
    throw error;
  }
}

main().catch((error: unknown) => {
  const known = error instanceof StartupError;
  process.stderr.write(known ? `${error.message}\n` : `The server cannot start: ${String((error as Error)?.stack)}\n`);
  process.exit(known ? error.exitCode : 1);
});
