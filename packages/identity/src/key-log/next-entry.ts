import type { TimestampMs } from '@undertone/protocol';
import { type Signer, signEntry } from './entry.ts';
import type { VerifiedKeyLog } from './verified-key-log.ts';

/** Where an entry goes: after the head of `log`, signed by an active device or by the recovery key. */
export interface EntryPosition {
  readonly log: Pick<VerifiedKeyLog, 'account' | 'root' | 'head'>;
  readonly signer: { readonly id: Signer; readonly key: CryptoKey };
  /** Now, by the signer's clock; never less than the time of the head (SPEC K2). */
  readonly time: TimestampMs;
}

/** The signed entry after the log's head. Whether it is allowed there is for `verifyKeyLog`, before it is stored or sent. */
export async function signNextEntry(
  { log, signer, time }: EntryPosition,
  kind: string,
  payload: readonly unknown[],
): Promise<Uint8Array<ArrayBuffer>> {
  const { account, root, head } = log;
  const body = { account, root, index: head.index + 1, previous: head.hash, time, kind, signer: signer.id, payload };
  return await signEntry(body, signer.key);
}
