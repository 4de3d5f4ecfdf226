import { Encoder } from '@msgpack/msgpack';
import { decodeMsgpack, type RoomId } from '@undertone/protocol';
import type { BusEvent } from './bus.ts';

/** Events that never leave their process. */
const ownKinds = ['blobs_given_up', 'reach', 'recheck'] as const;

/** Events that other processes are told. */
export type SharedEvent = Exclude<BusEvent, { kind: (typeof ownKinds)[number] }>;

/** Processes of two versions run side by side during an upgrade: what another one says differently is left unread. */
const version = 2;
const idBytes = 16;
const encoder = new Encoder({ ignoreUndefined: true });

/** The channel of what concerns every process. */
export const everyone = 'all';

const roomPrefix = 'room:';
export const roomChannel = (room: RoomId): string => `${roomPrefix}${room}`;

/** Where an event is told: what is of a room, to processes that follow the room. */
export function channelOf(event: SharedEvent): string {
  if (event.kind === 'entries') return roomChannel(event.room);
  return event.kind === 'signal' ? roomChannel(event.frame.room) : everyone;
}

export function isShared(event: BusEvent): event is SharedEvent {
  return !ownKinds.some((kind) => kind === event.kind);
}

/** An event as it travels: version, the process that tells it (16 bytes), and the event in msgpack. */
export function encodeMessage(processId: Uint8Array, event: SharedEvent): Uint8Array {
  const body = encoder.encodeSharedRef(event);
  const message = new Uint8Array(1 + idBytes + body.length);
  message[0] = version;
  message.set(processId, 1);
  message.set(body, 1 + idBytes);
  return message;
}

/**
 * What another process told; undefined for one's own words and those of another version. Who may write to the Redis of a deployment is
 * believed like who may write to its database, so nothing is checked but that it can be read. Throws on what cannot.
 */
export function decodeMessage(processId: Uint8Array, message: Uint8Array): SharedEvent | undefined {
  if (message[0] !== version) return undefined;
  const from = message.subarray(1, 1 + idBytes);
  if (processId.every((byte, i) => byte === from[i])) return undefined;
  return decodeMsgpack(message.subarray(1 + idBytes)) as SharedEvent;
}
