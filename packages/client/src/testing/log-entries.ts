import type { AccountId, DeviceId, EntryId, Epoch, Generation, LogEntry, MessageEntry, Seq } from '@undertone/protocol';

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
export const account = id(1) as AccountId;
export const device = id(2) as DeviceId;
const otherDevice = id(3) as DeviceId;

const base = { seq: 7 as Seq, at: 1_790_000_000_000, generation: 1 as Generation, epoch: 3 as Epoch, account };
const sent = { ...base, device, id: id(4) as EntryId };
const authenticator = new Uint8Array(32).fill(1);
const groupInfoHash = new Uint8Array(32).fill(2);
const signature = new Uint8Array(64).fill(3);
const last = { epoch: 9 as Epoch, authenticator: new Uint8Array(32).fill(4) };

/** One entry of every kind, and of every form that a kind has. */
export const sampleEntries: Readonly<Record<string, LogEntry>> = {
  message: { kind: 'message', ...sent, body: new Uint8Array([1, 2, 3]) },
  link: { kind: 'link', ...sent, body: new Uint8Array([1, 2, 3]) },
  commit: {
    kind: 'commit',
    ...sent,
    body: new Uint8Array([1, 2, 3]),
    external: false,
    added: [device],
    removed: [otherDevice],
    authenticator,
  },
  'found of wire version 1': { kind: 'found', ...sent, authenticator },
  'first founding': { kind: 'found', ...sent, authenticator, founding: { last: null, groupInfoHash, signature } },
  'later founding': { kind: 'found', ...sent, authenticator, founding: { last, groupInfoHash, signature } },
  notice: { kind: 'notice', ...base, event: 'left', devices: [device] },
};

/** A message at a place of the log. */
export const messageAt = (seq: number, body: readonly number[] = [seq % 256]): MessageEntry => ({
  kind: 'message',
  ...sent,
  seq: seq as Seq,
  body: new Uint8Array(body),
});
