import { setTimeout as delay } from 'node:timers/promises';
import type { RoomId } from '@undertone/protocol';
import { Person as Account, at } from '../../apps/server/test/support/person.ts';
import type { Ledger } from '../check/ledger.ts';
import type { Random } from '../random.ts';
import { newEnvelope } from './outbox.ts';
import { type MakeGroupInfo, ProtocolClient } from './protocol-client.ts';
import { Session } from './session.ts';

const roomNames = ['Hall', 'Yard'];
const sendEveryMs = 25;
const sayEveryMs = 250;
/** Envelopes that a client has open at a time. More wait in its outbox only while the server is down. */
const openEnvelopes = 40;

export interface LoadSize {
  /** Clients without keys that send and read. One of them ends epochs as well. */
  readonly senders: number;
  /** Clients without keys that read only; the first of them loses its socket again and again. */
  readonly readers: number;
  /** Whole clients, in the lobby and in a thread. */
  readonly sessions: number;
}

/** Everyone who sends and reads. */
export class Load {
  readonly #clients: ProtocolClient[] = [];
  readonly #sessions: Session[] = [];
  readonly #rooms: RoomId[] = [];
  readonly #spoken: RoomId[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #origin: string;
  readonly #ledger: Ledger;
  readonly #random: Random;
  readonly #size: LoadSize;
  #founder: Account | undefined;

  constructor(origin: string, ledger: Ledger, random: Random, size: LoadSize) {
    this.#origin = origin;
    this.#ledger = ledger;
    this.#random = random;
    this.#size = size;
  }

  /** Accounts, rooms and groups, while nothing is killed yet. */
  async prepare(onAcknowledged: () => void): Promise<void> {
    await this.#prepareClients(onAcknowledged);
    await this.#prepareSessions(onAcknowledged);
  }

  async #prepareClients(onAcknowledged: () => void): Promise<void> {
    const { senders, readers } = this.#size;
    const accounts: Account[] = [];
    for (let i = 0; i < senders + readers; i += 1) accounts.push(await Account.online(this.#origin));
    const [founder, ...others] = accounts;
    if (founder === undefined) throw new RangeError('a load needs senders');
    for (const name of roomNames) {
      const room = await founder.room(name);
      this.#rooms.push(room);
      await founder.found(room);
      for (const [epoch, other] of others.entries()) {
        await other.join(room);
        await other.enter(room, at(1, epoch));
      }
    }
    this.#founder = founder;
    for (const [index, account] of accounts.entries()) {
      account.socket.close();
      const name = index < senders ? `sender ${index + 1}` : `reader ${index - senders + 1}`;
      this.#clients.push(this.#client(name, account, onAcknowledged));
    }
  }

  #client(name: string, account: Account, onAcknowledged?: () => void): ProtocolClient {
    const { cookie } = account.http;
    const groupInfo: MakeGroupInfo = (room, place) => account.groupInfo(room, place);
    const options = { name, origin: this.#origin, cookie, groupInfo, rooms: this.#rooms, ledger: this.#ledger };
    return new ProtocolClient(onAcknowledged ? { ...options, onAcknowledged } : options);
  }

  async #prepareSessions(onAcknowledged: () => void): Promise<void> {
    const names = ['alice', 'bob', 'carol', 'dave'].slice(0, this.#size.sessions);
    for (const name of names) {
      const session = new Session(this.#origin, name, this.#ledger, onAcknowledged);
      this.#sessions.push(session);
      await session.person.signUp();
      await session.person.lobby();
      // A thread is created with the others' key packages.
      while ((await session.person.rest.keyPackageCount()).count === 0) await delay(50);
    }
    const [first, ...others] = this.#sessions;
    if (first === undefined) return;
    this.#spoken.push((await first.person.lobby()).id);
    if (others.length === 0) return;
    this.#spoken.push(await first.person.core.startThread(others.map(({ person }) => person.id)));
    for (const { person } of this.#sessions) await person.thread();
    for (const room of this.#spoken) for (const { person } of this.#sessions) await person.open(room);
  }

  /** From now on everyone talks. */
  start(): void {
    for (const client of this.#clients) client.start();
    const senders = this.#clients.slice(0, this.#size.senders);
    const [committer] = senders;
    const [unsteady] = this.#clients.slice(this.#size.senders);
    const every = (ms: number, run: () => void): void => {
      this.#timers.push(setInterval(run, ms));
    };
    for (const client of senders) {
      every(sendEveryMs, () => {
        if (client.waiting < openEnvelopes)
          client.send(newEnvelope(this.#random.pick(this.#rooms), 'message', this.#random));
      });
    }
    every(500, () => {
      if (committer && committer.waiting < openEnvelopes) {
        committer.send(newEnvelope(this.#random.pick(this.#rooms), 'commit', this.#random));
      }
    });
    every(700, () => unsteady?.cut());
    for (const session of this.#sessions) {
      every(sayEveryMs, () => {
        if (session.waiting >= openEnvelopes) return;
        session
          .say(this.#random.pick(this.#spoken), `${session.person.name} at ${Date.now()}`)
          .catch((error: unknown) => {
            this.#ledger.faults.push(`${session.person.name} could not say something: ${String(error)}`);
          });
      });
    }
  }

  /** The server is back: clients with a growing wait would notice late, as a page does that is not told that the network is back. */
  nudge(): void {
    for (const { person } of this.#sessions) void person.core.reconnect();
  }

  quiet(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  /** What is still missing to the end; empty when everything was answered and everyone has read everything. */
  missing(): string[] {
    const heads = this.#rooms.map((room) => Math.max(...this.#clients.map((client) => client.cursor(room))));
    const behind = this.#clients.filter((client) =>
      this.#rooms.some((room, index) => client.cursor(room) < (heads[index] ?? 0)),
    );
    return [
      ...[
        ...this.#clients.map((client) => ({ name: client.name, waiting: client.waiting })),
        ...this.#sessions.map(({ person, waiting }) => ({ name: person.name, waiting })),
      ]
        .filter(({ waiting }) => waiting > 0)
        .map(({ name, waiting }) => `${name} waits for ${waiting} answers`),
      ...behind.map(({ name }) => `${name} is behind`),
    ];
  }

  /** Everyone opens a new socket. */
  comeBack(): void {
    for (const client of this.#clients) client.cut();
    for (const { person } of this.#sessions) {
      person.setOnline(false);
      person.setOnline(true);
    }
  }

  /** One who reads everything from the beginning now, by pages alone. Starts it; it is part of `missing`. */
  addNewcomer(): void {
    if (this.#founder === undefined) throw new RangeError('nothing was prepared');
    const newcomer = this.#client('newcomer', this.#founder);
    this.#clients.push(newcomer);
    newcomer.start();
  }

  /** Note what the whole clients show. */
  async report(): Promise<void> {
    for (const session of this.#sessions) for (const room of this.#spoken) await session.report(room);
  }

  stop(): void {
    this.quiet();
    for (const client of this.#clients) client.stop();
    for (const { person } of this.#sessions) person.close();
  }
}
