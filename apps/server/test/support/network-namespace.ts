import { execFileSync, spawnSync } from 'node:child_process';

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8', stdio: 'pipe' });

function tryOne(): boolean {
  const name = `undertone-try-${process.pid}`;
  const made = spawnSync('ip', ['netns', 'add', name], { stdio: 'ignore' }).status === 0;
  if (made) ip('netns', 'delete', name);
  return made;
}

/** Whether namespaces can be made here: as root, with iproute2. Without them tests that cut a network are skipped, visibly. */
export const namespacesAvailable = process.platform === 'linux' && process.getuid?.() === 0 && tryOne();

export interface Line {
  /** The address of its end out here. */
  readonly outside: string;
  readonly inside: string;
  /** Packets vanish, and nobody is told; or they pass again. */
  cut(isCut: boolean): void;
}

/** A network of its own, with lines to the outside that can be cut one by one. */
export class NetworkNamespace {
  readonly #name = `undertone-${process.pid}`;
  readonly #lines: string[] = [];

  constructor() {
    ip('netns', 'add', this.#name);
    this.#inside('link', 'set', 'lo', 'up');
  }

  /** What goes before a command that is to run inside. */
  get prefix(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name];
  }

  line(): Line {
    const number = this.#lines.length;
    const [near, far] = [`ut${process.pid}n${number}`, `ut${process.pid}f${number}`];
    const network = `10.${200 + (process.pid % 50)}.${number}`;
    const [outside, inside] = [`${network}.1`, `${network}.2`];
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', this.#name);
    ip('address', 'add', `${outside}/30`, 'dev', near);
    ip('link', 'set', near, 'up');
    this.#inside('address', 'add', `${inside}/30`, 'dev', far);
    this.#inside('link', 'set', far, 'up');
    this.#lines.push(near);
    return { outside, inside, cut: (isCut) => ip('link', 'set', near, isCut ? 'down' : 'up') };
  }

  remove(): void {
    for (const line of this.#lines) ip('link', 'delete', line);
    ip('netns', 'delete', this.#name);
  }

  #inside(...args: string[]): void {
    ip('-n', this.#name, ...args);
  }
}
