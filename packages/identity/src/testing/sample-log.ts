import type { AccountId, DeviceId } from '@undertone/protocol';
import { signDeviceProof } from '../key-log/device-proof.ts';
import { KeyLogError, type KeyLogErrorCode } from '../key-log/key-log-error.ts';
import { createAddDevice } from '../key-log/kinds/add-device.ts';
import { createRootEntry } from '../key-log/kinds/root.ts';
import { createSetRecovery } from '../key-log/kinds/set-recovery.ts';
import type { EntryPosition } from '../key-log/next-entry.ts';
import type { KeyLogWrap, VerifiedKeyLog } from '../key-log/verified-key-log.ts';
import { verifyKeyLog } from '../key-log/verify-key-log.ts';
import { generateSigningKey, type SigningKey } from '../signing-key.ts';

export type Bytes = Uint8Array<ArrayBuffer>;

export const alice = '0b62fa1c-6c4d-4bb1-8d50-0f6ff0a4a001' as AccountId;
export const bob = '0b62fa1c-6c4d-4bb1-8d50-0f6ff0a4a002' as AccountId;
export const dayMs = 24 * 60 * 60 * 1000;
export const startedAt = Date.UTC(2030, 0, 1);
export const noApproval: Bytes = new Uint8Array(0);

/** A device with its key, as itself holds it. */
export interface Machine {
  readonly device: DeviceId;
  readonly key: SigningKey;
}

export const newMachine = async (): Promise<Machine> => ({
  device: crypto.randomUUID() as DeviceId,
  key: await generateSigningKey(),
});

export const code = (): KeyLogWrap => ({ id: crypto.randomUUID(), kind: 'code', hash: new Uint8Array(32).fill(1) });
export const hpkeKey: Bytes = new Uint8Array(32).fill(9);

/** The log of an account, grown entry by entry. It takes only what verifies; what is refused leaves it as it was. */
export class SampleLog {
  log: VerifiedKeyLog;
  time = startedAt;

  private constructor(log: VerifiedKeyLog) {
    this.log = log;
  }

  static async begin(account: AccountId, machine: Machine): Promise<SampleLog> {
    const root = { username: 'Alice', skeleton: 'alice', time: startedAt };
    const entry = await createRootEntry({ account, device: machine.device }, machine.key, root);
    return new SampleLog(await verifyKeyLog(account, [entry]));
  }

  /** The same log so far, growing apart from this one. */
  branch(): SampleLog {
    const other = new SampleLog(this.log);
    other.time = this.time;
    return other;
  }

  after(days: number): this {
    this.time += days * dayMs;
    return this;
  }

  by(machine: Machine): EntryPosition {
    return { log: this.log, signer: { id: machine.device, key: machine.key.privateKey }, time: this.time };
  }

  byRecovery(key: SigningKey): EntryPosition {
    return { log: this.log, signer: { id: 'recovery', key: key.privateKey }, time: this.time };
  }

  async take(entry: Bytes | Promise<Bytes>): Promise<void> {
    this.log = await verifyKeyLog(this.log.account, [...this.log.entries, await entry]);
  }

  /** What `verifyKeyLog` says of the log with this entry after it. */
  async refusal(entry: Bytes | Promise<Bytes>): Promise<KeyLogErrorCode | 'accepted'> {
    return await refusalOf(this.log.account, [...this.log.entries, await entry]);
  }

  async added(by: EntryPosition, machine: Machine, removes: readonly DeviceId[] = []): Promise<Bytes> {
    const { device, key } = machine;
    const proof = await signDeviceProof(this.log, device, key, noApproval);
    return await createAddDevice(by, {
      device,
      key: key.publicKey,
      how: 'emoji',
      approval: noApproval,
      proof,
      removes,
    });
  }

  async recoverySet(by: EntryPosition, signKey: SigningKey): Promise<Bytes> {
    return await createSetRecovery(by, { signKey, hpkeKey, wraps: [code()] });
  }
}

/** The code of the `KeyLogError` that refuses these entries. Any other failure is rethrown. */
export async function refusalOf(account: AccountId, entries: readonly Bytes[]): Promise<KeyLogErrorCode | 'accepted'> {
  try {
    await verifyKeyLog(account, entries);
    return 'accepted';
  } catch (error) {
    if (error instanceof KeyLogError) return error.code;
    throw error;
  }
}
