import { spawnSync } from 'node:child_process';
import { access } from 'node:fs/promises';
import path from 'node:path';

/** Why a peer is not measured. */
export class PeerMissing extends Error {}

const versionOf = (name: string): string | undefined => {
  const { status, stdout } = spawnSync('dpkg-query', ['-W', '-f', `\${db:Status-Status} \${Version}`, name], {
    encoding: 'utf8',
  });
  return status === 0 && stdout.startsWith('installed ') ? stdout.slice('installed '.length) : undefined;
};

/** Install Debian's packages where they are not there, as root only. Returns the first one's version. */
export function fromDebian(...names: [string, ...string[]]): string {
  const missing = names.filter((name) => versionOf(name) === undefined);
  if (missing.length > 0) {
    const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
    if (process.getuid?.() !== 0) throw new PeerMissing(`it is not installed; as root: ${command}`);
    const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8', timeout: 300_000 });
    if (status !== 0) throw new PeerMissing(`${command} failed: ${stderr?.trim().split('\n').at(-1)}`);
  }
  return versionOf(names[0]) ?? '';
}

/** Install a package of npm's registry into a cache of this workspace. Returns the file to import. */
export async function fromNpm(name: string, version: string, file: string): Promise<string> {
  const folder = path.resolve('node_modules/.cache/undertone-peers', `${name}@${version}`);
  const entry = path.join(folder, 'node_modules', name, file);
  if (
    await access(entry).then(
      () => true,
      () => false,
    )
  )
    return entry;
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, stderr } = spawnSync('npm', ['install', '--prefix', folder, ...flags, `${name}@${version}`], {
    encoding: 'utf8',
    timeout: 180_000,
  });
  if (status !== 0) throw new PeerMissing(`npm install ${name}@${version} failed: ${stderr.trim().split('\n').at(-1)}`);
  return entry;
}
