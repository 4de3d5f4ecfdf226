import { type AccountId, type Me, type Profile, ProtocolError, type SessionId } from '@undertone/protocol';
import { VaultError } from '@undertone/vault';
import { removePlainCopies } from '../files/plain-copies.ts';
import type { RestClient } from '../rest/rest-client.ts';
import type { Core, CoreEvent, LockIdle, LockState, SessionView, Snapshot } from '../view/core.ts';
import { defaultPreferences } from '../view/preferences.ts';
import { toCoreError } from './core-errors.ts';
import { isDeviceKeySealed } from './device-key.ts';
import { IdleClock } from './idle-clock.ts';
import { endSession, goOnLeaving, type LeavingOutcome, leave, leavingProblem } from './leave.ts';
import { checkPassphrase, readLockIdle, saveLockIdle } from './lock-settings.ts';
import { type OpenedAccount, openAccount, openOffline, openWithNewKeys } from './open-account.ts';
import { platformProblem } from './platform.ts';
import { type Platform, RunningSession } from './running-session.ts';
import type { Vaults } from './vaults.ts';

export interface KeySessionOptions extends Platform {
  readonly rest: RestClient;
  readonly vaults: Vaults;
}

/** What there is to show while nobody's keys are open. */
const nothing: Omit<Snapshot, 'session'> = {
  connection: { state: 'offline', retryAt: null },
  rooms: [],
  people: [],
  presence: [],
  transfers: [],
  preferences: defaultPreferences,
};
/** While nobody could be asked who is signed in, ask again after this long. */
const openRetryMs = 3_000;
/** While the server could not be told that someone left, try again after this long. */
const leaveRetryMs = 15_000;

/**
 * Whose keys are open in this process, from finding out who is signed in to signing out: opening, locking, leaving and starting over, one after
 * the other. Everything else is a call on the session at work.
 */
export class KeySession {
  readonly #options: KeySessionOptions;
  readonly #listeners = new Set<(event: CoreEvent) => void>();
  #session: SessionView = { phase: 'opening', me: null, problem: null };
  #running: RunningSession | null = null;
  /** Whose vault waits for a passphrase. */
  #locked: AccountId | null = null;
  #idle: IdleClock | null = null;
  /** The session at the server, as it was last known. */
  #sessionId: SessionId | null = null;
  /** Opening, signing out and starting over run one after the other. */
  #changing: Promise<unknown> = Promise.resolve();
  #openRetry: ReturnType<typeof setTimeout> | undefined;

  constructor(options: KeySessionOptions) {
    this.#options = options;
  }

  subscribe(listener: (event: CoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #emit = (event: CoreEvent): void => {
    for (const listener of this.#listeners) listener(event);
  };

  #show(session: SessionView): void {
    this.#session = session;
    if (session.phase !== 'locked') this.#locked = null;
    if (session.phase === 'signed_out') this.#options.vaults.forgetKeys();
    this.#emit({ type: 'snapshot', snapshot: this.snapshot() });
  }

  snapshot(): Snapshot {
    return { session: this.#session, ...(this.#running?.snapshot() ?? nothing) };
  }

  #change(step: () => Promise<void>): Promise<void> {
    const next = this.#changing.then(step, step).catch((error: unknown) => {
      throw toCoreError(error);
    });
    this.#changing = next.catch(() => {});
    return next;
  }

  /** A step that no one asked for, so that no one else hears of its failure: the browser's console does. */
  #unasked(step: Promise<void>): void {
    void step.catch((error: unknown) => globalThis.reportError?.(error));
  }

  #stop(): void {
    clearTimeout(this.#openRetry);
    this.#idle?.stop();
    this.#idle = null;
    this.#running?.close();
    this.#running = null;
  }

  /** As `#stop`, and nothing of the session's files is open or readable any more. */
  async #end(): Promise<void> {
    const files = this.#running?.files;
    this.#stop();
    await files?.close();
  }

  /** Find out who is signed in and open the keys. */
  sessionChanged(): Promise<void> {
    return this.#change(() => this.#open());
  }

  async #open(): Promise<void> {
    const { rest, vaults } = this.#options;
    this.#stop();
    const problem = await platformProblem();
    if (problem !== undefined) return this.#show({ phase: 'unsupported', me: null, problem });
    const leaving = await vaults.leaving();
    if (leaving !== null) {
      const outcome = await goOnLeaving(rest, vaults, leaving);
      if (!outcome.isRemoved || !outcome.isEnded) return this.#showLeft(outcome);
    }
    let me: Me;
    try {
      me = await rest.me();
    } catch (error) {
      return await this.#openWithout(error);
    }
    this.#sessionId = me.session;
    this.#show({ phase: 'opening', me: me.account, problem: null });
    await this.#proceed(me.account, await openAccount(rest, vaults, me));
  }

  /** Nobody is signed in, or it cannot be known: show what is here while there is no connection. */
  async #openWithout(error: unknown): Promise<void> {
    if (error instanceof ProtocolError && error.code === 'not_signed_in') {
      return this.#show({ phase: 'signed_out', me: null, problem: null });
    }
    const opened = await openOffline(this.#options.vaults);
    if (opened?.kind === 'locked') return await this.#showLocked(opened.account, null);
    if (opened !== undefined) return await this.#proceed(opened.device.record.profile, opened);
    this.#show({ phase: 'opening', me: null, problem: toCoreError(error).message });
    this.#openRetry = setTimeout(() => this.#unasked(this.sessionChanged()), openRetryMs);
  }

  async #proceed(me: Profile, opened: OpenedAccount): Promise<void> {
    if (opened.kind === 'locked') return await this.#showLocked(me.id, me);
    if (opened.kind !== 'ready') return this.#show({ phase: opened.kind, me, problem: null });
    const { rest, vaults } = this.#options;
    this.#running = await RunningSession.start(rest, this.#options, opened.vault, opened.device, {
      emit: this.#emit,
      ended: (reason) => this.#ended(reason),
    });
    await vaults.setLastAccount(me.id, this.#sessionId);
    if (await vaults.keeper(me.id).isLockOn()) this.#watchIdle(await readLockIdle(opened.vault));
    this.#show({ phase: 'ready', me, problem: null });
  }

  /** Nothing readable may lie beside a locked vault, whatever a crash left. Where there is no file store, there is nothing of that kind. */
  async #showLocked(account: AccountId, me: Profile | null): Promise<void> {
    const store = await this.#options.openFileStore?.(account).catch(() => undefined);
    const problem = store === undefined ? null : await removePlainCopies(store);
    this.#show({ phase: 'locked', me, problem });
    this.#locked = account;
  }

  #watchIdle(minutes: LockIdle): void {
    this.#idle?.stop();
    this.#idle = minutes === null ? null : new IdleClock(minutes, () => this.#unasked(this.lockNow()));
  }

  #showLeft(outcome: LeavingOutcome): void {
    this.#show({ phase: 'signed_out', me: null, problem: leavingProblem(outcome) });
    if (outcome.isEnded && outcome.isRemoved) return;
    clearTimeout(this.#openRetry);
    this.#openRetry = setTimeout(() => this.#unasked(this.sessionChanged()), leaveRetryMs);
  }

  /** The server closed the socket for good: find out again where this browser stands. */
  #ended(reason: 'not_signed_in' | 'replaced' | 'device_required' | 'unsupported_version'): void {
    if (reason === 'unsupported_version') {
      this.#show({ ...this.#session, phase: 'unsupported', problem: new ProtocolError(reason).message });
    } else {
      this.#unasked(this.sessionChanged());
    }
  }

  startAnew(): Promise<void> {
    return this.#change(async () => {
      const { rest, vaults } = this.#options;
      const me = await rest.me();
      this.#stop();
      this.#show({ phase: 'opening', me: me.account, problem: null });
      await this.#proceed(me.account, await openWithNewKeys(rest, vaults, me, true));
    });
  }

  signOut(keep: boolean): Promise<void> {
    return this.#change(async () => {
      const { rest, vaults } = this.#options;
      if (keep) {
        await endSession(rest);
        await this.#end();
        await vaults.setLastAccount(null);
        return this.#show({ phase: 'signed_out', me: null, problem: null });
      }
      // After the account was deleted nobody is signed in any more, and its keys are still here.
      const account = this.#session.me?.id ?? this.#locked ?? (await vaults.lastAccount());
      const session = this.#sessionId ?? (await vaults.lastSession());
      await this.#end();
      this.#showLeft(await leave(rest, vaults, { account, session }));
    });
  }

  lockState = (): Promise<LockState> =>
    this.use(async ({ vault, me }) => ({
      on: await this.#options.vaults.keeper(me.id).isLockOn(),
      idleMinutes: await readLockIdle(vault),
      signingKeyWrapped: await isDeviceKeySealed(vault),
    }));

  setLock = async ({ passphrase, idleMinutes }: Parameters<Core['setLock']>[0]): Promise<void> => {
    await this.use(async ({ vault, me }) => {
      checkPassphrase(passphrase);
      if (await this.#options.vaults.keeper(me.id).isLockOn()) throw new ProtocolError('invalid_request');
      await saveLockIdle(vault, idleMinutes);
    });
    await this.#rekey(passphrase);
  };

  setLockIdle = (idleMinutes: LockIdle): Promise<void> =>
    this.use(async ({ vault, me }) => {
      await saveLockIdle(vault, idleMinutes);
      if (await this.#options.vaults.keeper(me.id).isLockOn()) this.#watchIdle(idleMinutes);
    });

  changeLock = async ({ passphrase, next }: Parameters<Core['changeLock']>[0]): Promise<void> => {
    await this.use(({ me }) => {
      checkPassphrase(next);
      return this.#options.vaults.keeper(me.id).unlock(passphrase);
    });
    await this.#rekey(next);
  };

  removeLock = async (passphrase: string): Promise<void> => {
    await this.use(({ me }) => this.#options.vaults.keeper(me.id).unlock(passphrase));
    await this.#rekey(null);
  };

  /** Seal the vault again while nothing uses it. Whether that works or not, the session goes on with the vault that is there. */
  #rekey(passphrase: string | null): Promise<void> {
    return this.#change(async () => {
      const me = this.#running?.me;
      if (me === undefined) throw new ProtocolError('not_signed_in');
      await this.#end();
      this.#show({ phase: 'opening', me, problem: null });
      try {
        await this.#options.vaults.keeper(me.id).rekey(passphrase);
      } finally {
        await this.#open();
      }
    });
  }

  lockNow(): Promise<void> {
    return this.#change(async () => {
      const me = this.#running?.me;
      if (me === undefined || !(await this.#options.vaults.keeper(me.id).isLockOn())) return;
      await this.#end();
      this.#options.vaults.forgetKeys();
      await this.#showLocked(me.id, me);
    });
  }

  unlock(passphrase: string): Promise<void> {
    return this.#change(async () => {
      // Another tab may have been faster.
      if (this.#locked === null) return;
      await this.#options.vaults.keeper(this.#locked).unlock(passphrase);
      await this.#open();
    });
  }

  /** Run a call on the session at work; every failure becomes a `CoreError`. */
  async use<T>(call: (session: RunningSession) => Promise<T> | T): Promise<T> {
    try {
      // While keys are opened, as when another tab takes over, it is not known yet whose session this is.
      await this.#changing;
      if (this.#locked !== null) throw new VaultError('locked');
      if (this.#running === null) throw new ProtocolError('not_signed_in');
      return await call(this.#running);
    } catch (error) {
      throw toCoreError(error);
    }
  }

  /** The person did something: the app lock waits from now on. */
  touch(): void {
    this.#idle?.touch();
  }

  /** Connect now instead of after the wait. */
  async reconnect(): Promise<void> {
    if (this.#locked !== null) return;
    if (this.#running === null) await this.sessionChanged();
    else this.#running.reconnect();
  }

  /** Stop all work, as when the process ends. */
  close(): void {
    this.#stop();
  }
}
