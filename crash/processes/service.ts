import type { Random } from '../random.ts';

/** Something that the server needs and that can be killed beside it: PostgreSQL, Redis. */
export interface Service {
  readonly name: string;
  /** The settings by which the server finds it. */
  readonly env: Readonly<Record<string, string>>;
  /** Start it, again on the data it had. Resolves when it answers. */
  start(): Promise<void>;
  /** End it without warning, in one of the ways in which such a thing ends. Resolves, with the way, when nothing of it runs any more. */
  kill(random: Random): Promise<string>;
  /** End it for good and remove its data. */
  remove(): Promise<void>;
}
