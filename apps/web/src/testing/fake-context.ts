import { CoreError, type CoreEvent, type SessionPhase } from '@undertone/client/view';
import type { AccountId, RoomId } from '@undertone/protocol';
import { FakeIdentities } from './identities.ts';
import { LiveWorld, later } from './live-world.ts';
import { fakeWorld, type World } from './world.ts';

const phases: readonly string[] = [
  'locked',
  'signed_out',
  'opening',
  'no_keys',
  'keys_lost',
  'replaced',
  'unsupported',
];

/** What the calls of one fake core share: the world that they change, and those who are told of it. */
export class FakeContext {
  readonly world: World;
  readonly live: LiveWorld;
  readonly identities: FakeIdentities;
  readonly #scenario: string;
  readonly #listeners = new Set<(event: CoreEvent) => void>();

  constructor(scenario: string) {
    this.#scenario = scenario;
    this.world = fakeWorld(scenario === 'large');
    if (scenario === 'empty') this.world.rooms.clear();
    if (phases.includes(scenario)) this.setPhase(scenario as SessionPhase);
    if (scenario === 'offline') this.world.connection = { state: 'offline', retryAt: Date.now() + 24_000 };
    if (scenario === 'connecting') this.world.connection = { state: 'connecting', retryAt: null };
    this.live = new LiveWorld(this.world, (event) => this.emit(event));
    this.identities = new FakeIdentities(this.world.people);
  }

  subscribe(listener: (event: CoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: CoreEvent): void {
    for (const listener of this.#listeners) listener(structuredClone(event));
  }

  setPhase(phase: SessionPhase): void {
    const problem =
      phase === 'unsupported'
        ? 'This browser cannot make Ed25519 keys (Firefox 129, Chrome 137 and Safari 17 can).'
        : null;
    this.world.session = { phase, me: phase === 'signed_out' ? null : this.world.session.me, problem };
  }

  showPhase(phase: SessionPhase): void {
    this.setPhase(phase);
    this.emit({ type: 'session', session: this.world.session });
  }

  withoutDoubt(room: RoomId, account: AccountId): void {
    const view = this.world.rooms.get(room)?.view;
    if (view) this.live.changeRoom(room, { doubts: view.doubts.filter((one) => one.account !== account) });
  }

  /** A call takes its time, or fails, as the scenario has it. */
  async work(ms: number): Promise<void> {
    await later(this.#scenario === 'slow' ? 2_000 : ms);
    if (this.#scenario === 'failing') {
      throw new CoreError({
        code: 'offline',
        message: 'The server cannot be reached. Check the connection and try again.',
      });
    }
  }
}
