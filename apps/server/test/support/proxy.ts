import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const deploy = join(import.meta.dirname, '../../../../deploy');

const installed = (program: string, version: string): boolean =>
  spawnSync(program, [version], { stdio: 'ignore' }).status === 0;

export interface ProxyPorts {
  /** Where it takes https. */
  readonly https: number;
  /** Where it would take http, which it leads to https. */
  readonly http: number;
  readonly server: number;
}

interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A proxy run with the settings in `deploy/`; without its program (Debian: the package of its name) its tests are skipped, visibly. */
interface ProxyKind {
  readonly name: string;
  readonly available: boolean;
  command(folder: string, ports: ProxyPorts): Promise<Command>;
}

/** As it ships; the global settings alone keep it from ports and stores that are not the test's. */
const caddy: ProxyKind = {
  name: 'Caddy',
  available: installed('caddy', 'version'),
  command: async (folder, ports) => {
    const config = join(folder, 'Caddyfile');
    const own = '{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n\tlocal_certs\n}\n';
    await writeFile(config, `${own}import ${join(deploy, 'caddy/Caddyfile')}\n`);
    return {
      program: 'caddy',
      args: ['run', '--adapter', 'caddyfile', '--config', config],
      env: {
        SITE: `localhost:${ports.https}`,
        SERVERS: `127.0.0.1:${ports.server}`,
        XDG_DATA_HOME: folder,
        XDG_CONFIG_HOME: folder,
        HOME: folder,
      },
    };
  },
};

/** As it ships, but for the ports, the name and the certificate. */
const nginx: ProxyKind = {
  name: 'nginx',
  available: installed('nginx', '-v') && installed('openssl', 'version'),
  command: async (folder, ports) => {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
      ...['-subj', '/CN=localhost', '-keyout', key, '-out', certificate],
    ]);
    if (made.status !== 0) throw new Error(`no certificate: ${made.stderr}`);
    const site = readFileSync(join(deploy, 'nginx/undertone.conf'), 'utf8')
      .replaceAll('chat.example.org/fullchain.pem', 'chain')
      .replaceAll('chat.example.org/privkey.pem', 'key')
      .replace('/etc/letsencrypt/live/chain', certificate)
      .replace('/etc/letsencrypt/live/key', key)
      .replaceAll('chat.example.org', 'localhost')
      .replaceAll(/listen \[::\].*;/g, '')
      .replace('listen 80;', `listen 127.0.0.1:${ports.http};`)
      .replace('listen 443', `listen 127.0.0.1:${ports.https}`)
      .replace('127.0.0.1:3000', `127.0.0.1:${ports.server}`);
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${join(folder, name)};`,
    );
    const config = join(folder, 'nginx.conf');
    await writeFile(
      config,
      `daemon off; pid ${join(folder, 'pid')}; error_log stderr warn;\nevents {}\nhttp {\n${paths.join('\n')}\n${site}}\n`,
    );
    return { program: 'nginx', args: ['-p', folder, '-c', config], env: {} };
  },
};

export const proxies: readonly ProxyKind[] = [caddy, nginx];

/** Status of a page at the proxy, whose certificate nobody vouches for; 0 while it does not answer. */
async function statusAt(origin: string): Promise<number> {
  const asked = request(`${origin}/healthz`, { rejectUnauthorized: false });
  const answered = once(asked, 'response').then(([response]) => {
    response.resume();
    return response.statusCode as number;
  });
  asked.end();
  return await answered.catch(() => 0);
}

/** Run one before the server at `ports.server`. Resolves with the function that ends it when it answers. */
export async function runProxy(kind: ProxyKind, folder: string, ports: ProxyPorts): Promise<() => Promise<void>> {
  const { program, args, env } = await kind.command(folder, ports);
  let output = '';
  const child: ChildProcess = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (output += data.toString()));
  const ended = once(child, 'exit');
  for (let tries = 0; (await statusAt(`https://localhost:${ports.https}`)) !== 200; tries += 1) {
    if (child.exitCode !== null || tries > 200) throw new Error(`${kind.name} does not serve: ${output}`);
    await delay(50);
  }
  return async () => {
    child.kill('SIGTERM');
    await ended;
  };
}
