import { type AccountId, fromBase64url, limits, type MessageEntry, type Seq } from '@undertone/protocol';
import { type ContentDocument, type ContentDocumentOf, sameTarget } from '../content/document.ts';
import type {
  AnnotationEffect,
  AnnotationRecord,
  FileSecret,
  PinRecord,
  RoomRecord,
  UnsentDocument,
} from '../storage/records.ts';
import type { PinView, ReceiptView } from '../view/index.ts';
import type { SaidDocument } from './rows.ts';

/** What a document does: it is said, it is done to a message, or it changes what is known of the room. */
export type Effect =
  | { readonly kind: 'said'; readonly document: SaidDocument; readonly file?: FileSecret }
  | { readonly kind: 'annotation'; readonly annotation: AnnotationRecord }
  | { readonly kind: 'pin'; readonly document: ContentDocumentOf<'pin'> }
  | { readonly kind: 'receipt'; readonly document: ContentDocumentOf<'receipt'> };

function annotationEffect(document: UnsentDocument): AnnotationEffect | undefined {
  switch (document.type) {
    case 'react':
      return { kind: 'react', emoji: document.emoji, on: document.on };
    case 'edit':
      return { kind: 'edit', text: document.text, mentions: document.mentions ?? [] };
    case 'delete':
      return { kind: 'delete' };
    case 'answer':
      return { kind: 'answer', answer: document.answer };
    default:
      return undefined;
  }
}

/** What a document does to the message that it is about; `undefined` where it is about none. */
export function annotationOf(
  document: UnsentDocument,
  place: Pick<AnnotationRecord, 'seq' | 'at' | 'account' | 'device'>,
): AnnotationRecord | undefined {
  const effect = annotationEffect(document);
  if (effect === undefined || !('target' in document)) return undefined;
  const { seq, at, account, device } = place;
  return { target: document.target, seq, at, account, device, effect };
}

/** What a document of the log does. */
export function effectOf(entry: MessageEntry, document: ContentDocument): Effect {
  switch (document.type) {
    case 'text':
      return { kind: 'said', document };
    case 'file': {
      const { blob, key, digest } = document;
      return { kind: 'said', document, file: { blob, key: fromBase64url(key), digest: fromBase64url(digest) } };
    }
    case 'pin':
    case 'receipt':
      return { kind: document.type, document } as Effect;
    default: {
      const annotation = annotationOf(document, entry);
      if (annotation === undefined) throw new TypeError(`no effect of a ${document.type}`);
      return { kind: 'annotation', annotation };
    }
  }
}

/** A thread's receipts with one more; they only ever grow (SPEC C9). */
export function withReceipt(
  receipts: RoomRecord['receipts'],
  { account }: Pick<MessageEntry, 'account'>,
  { delivered, read = 0 as Seq }: Pick<ContentDocumentOf<'receipt'>, 'delivered' | 'read'>,
): RoomRecord['receipts'] {
  const known = receipts[account] ?? { delivered: 0 as Seq, read: 0 as Seq };
  const max = (a: Seq, b: Seq): Seq => (a > b ? a : b);
  const readSeq = max(known.read, read);
  // What was read has arrived.
  return { ...receipts, [account]: { delivered: max(max(known.delivered, delivered), readSeq), read: readSeq } };
}

/** Words on pins that are remembered, set or not, and of those the ones of one account: others keep as much room. */
const pinWords = 2 * limits.pinsPerRoom;
const pinWordsPerAccount = limits.pinsPerRoom;

/** The first `most` of each account. */
function firstOfEach(pins: readonly PinRecord[], most: number): PinRecord[] {
  const counts = new Map<AccountId, number>();
  return pins.filter(({ by }) => {
    const count = (counts.get(by) ?? 0) + 1;
    counts.set(by, count);
    return count <= most;
  });
}

/**
 * The words on pins with one more. Of each account the newest word on each message is kept, whatever the order in which the log is read
 * (SPEC C8). What a sender says of earlier pins comes after all that was said of them in the log itself: it puts nothing in their place.
 */
export function withPin(
  pins: readonly PinRecord[],
  { account: by, at, seq }: Pick<MessageEntry, 'account' | 'at' | 'seq'>,
  { target, on, known }: ContentDocumentOf<'pin'>,
): readonly PinRecord[] {
  const hearsay = known.map((other) => ({ target: other, on: true, by, at, seq: 0 as Seq }));
  const result = [...pins];
  for (const word of [{ target, on, by, at, seq }, ...hearsay]) {
    const index = result.findIndex((pin) => pin.by === word.by && sameTarget(pin.target, word.target));
    const present = result[index];
    if (present === undefined) result.push(word);
    else if (present.seq < word.seq) result[index] = word;
  }
  const said = result.filter((pin) => pin.seq > 0).sort((a, b) => b.seq - a.seq);
  const heard = result.filter((pin) => pin.seq === 0).sort((a, b) => b.at - a.at);
  return [...firstOfEach(said, pinWordsPerAccount), ...firstOfEach(heard, pinWordsPerAccount)].slice(0, pinWords);
}

/** What is pinned, by the newest word on each message: so many of one account, and so many in all. */
export function pinViews(pins: readonly PinRecord[]): PinView[] {
  const newest = pins.filter((pin, i) => pins.findIndex((other) => sameTarget(other.target, pin.target)) === i);
  return firstOfEach(
    newest.filter((pin) => pin.on),
    limits.pinsPerAccount,
  )
    .slice(0, limits.pinsPerRoom)
    .map(({ target, by, at }) => ({ target, by, at }));
}

/** The others' receipts; what was read only where this person shows it too. */
export const receiptViews = ({ receipts }: RoomRecord, self: string, showRead: boolean): ReceiptView[] =>
  Object.entries(receipts)
    .filter(([account]) => account !== self)
    .map(([account, { delivered, read }]) => ({
      account: account as ReceiptView['account'],
      delivered,
      read: showRead ? read : (0 as Seq),
    }));
