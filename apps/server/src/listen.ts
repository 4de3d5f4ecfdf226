import type { App } from './app.ts';
import { serverLimits } from './server-limits.ts';
import type { Settings } from './settings.ts';
import { StartupError } from './startup-error.ts';

/** Listen, and say where people reach the server. Fails with `StartupError` in one clear line. */
export async function listen(app: App, { host, port, publicOrigin }: Settings): Promise<string> {
  try {
    await app.http.listen({ host, port, backlog: serverLimits.listenBacklog });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      EADDRINUSE: `Port ${port} on ${host} is in use. Stop what uses it, or choose another: -p ${port + 1}`,
      EACCES: `Port ${port} on ${host} may not be used by this user. Choose one above 1023.`,
      EADDRNOTAVAIL: `This machine has no address ${host}. Check the setting HOST.`,
      ENOTFOUND: `The host name ${host} is not known. Check the setting HOST.`,
    };
    throw new StartupError(reasons[code ?? ''] ?? `The server cannot listen on ${host}:${port}: ${message}`, 1, {
      cause,
    });
  }
  return publicOrigin ?? app.http.ownOrigins()[0] ?? '';
}
