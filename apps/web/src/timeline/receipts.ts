import type { ReceiptView, RoomView } from '@undertone/client/view';
import type { AccountId, Seq } from '@undertone/protocol';
import { listNames } from './sentences.ts';

/** How far one message of one's own has come in a thread. */
export interface Reach {
  readonly read: readonly AccountId[];
  /** Arrived, and not known to be read. */
  readonly delivered: readonly AccountId[];
  readonly waiting: readonly AccountId[];
}

/** What became of the message at `seq` with each of the others in `room`. */
export function reachOf(room: Pick<RoomView, 'members' | 'receipts'>, seq: Seq, me: AccountId | null): Reach {
  const receipts = new Map<AccountId, ReceiptView>(room.receipts.map((receipt) => [receipt.account, receipt]));
  const read: AccountId[] = [];
  const delivered: AccountId[] = [];
  const waiting: AccountId[] = [];
  for (const account of room.members) {
    if (account === me) continue;
    const receipt = receipts.get(account);
    if (receipt && receipt.read >= seq) read.push(account);
    else if (receipt && receipt.delivered >= seq) delivered.push(account);
    else waiting.push(account);
  }
  return { read, delivered, waiting };
}

/** `Sent`, `Delivered`, `Read`, `Read by Ada and 2 others`. 'Delivered' is said once it has arrived with everyone. */
export function reachWords(reach: Reach, nameOf: (account: AccountId) => string): string {
  const others = reach.read.length + reach.delivered.length + reach.waiting.length;
  if (others === 0) return 'Sent';
  if (reach.read.length === others) return others === 1 ? 'Read' : 'Read by everyone';
  if (reach.read.length > 0) return `Read by ${listNames(reach.read.map(nameOf))}`;
  return reach.waiting.length === 0 ? 'Delivered' : 'Sent';
}
