import { createHash } from 'node:crypto';

/**
 * Where limits are counted that hold for all processes together: scripts run in Redis, one after the other. Undefined where it is away, or
 * there is none: then each process goes by what it counts itself, and nobody is refused for want of Redis.
 */
export interface Scripts {
  evaluate(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
}

/** The scripts of a process that is alone. */
export const noScripts: Scripts = { evaluate: async () => undefined };

/** A key of what is counted: whoever reads Redis finds no name and no address in it. */
export function countKey(kind: string, ...of: readonly string[]): string {
  return `limit:${kind}:${createHash('sha256').update(of.join('\n')).digest('base64url')}`;
}
