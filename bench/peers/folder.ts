import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder for one run of a peer. */
export interface PeerFolder {
  readonly path: string;
  /** Copy a configuration of `bench/peers/settings` into it, with every `@NAME@` replaced. Returns its path. */
  configure(name: string, values: Record<string, string | number>): Promise<string>;
  remove(): Promise<void>;
}

export async function peerFolder(peer: string): Promise<PeerFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), `undertone-${peer}-`));
  return {
    path: folder,
    configure: async (name, values) => {
      const text = await readFile(path.resolve('bench/peers/settings', `${name}.in`), 'utf8');
      const all: Record<string, string | number> = { DIR: folder, ...values };
      const filled = text.replace(/@([A-Z_]+)@/g, (_whole, key: string) => String(all[key]));
      const file = path.join(folder, name);
      await writeFile(file, filled);
      return file;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Resolves when something listens on the port. */
export async function listening(port: number): Promise<void> {
  const { createConnection } = await import('node:net');
  for (let tries = 0; tries < 300; tries += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = createConnection({ host: '127.0.0.1', port });
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing listens on port ${port}`);
}
