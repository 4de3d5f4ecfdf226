import { encode } from '@msgpack/msgpack';
import { decodeMsgpack, Epoch, Generation } from '@undertone/protocol';
import { z } from 'zod';
import { contentKeyBytes } from './content-key.ts';

/** How many older epochs one link may cover (SPEC H4). */
export const linkMaxKeys = 256;

const LinkedKey = z.tuple([
  Generation,
  Epoch,
  z.custom<Uint8Array<ArrayBuffer>>((value) => value instanceof Uint8Array && value.length === contentKeyBytes),
]);
const Link = z.array(LinkedKey).min(1).max(linkMaxKeys);

/** The content key of an epoch, as a link carries it. */
export interface LinkedKey {
  readonly generation: Generation;
  readonly epoch: Epoch;
  readonly key: Uint8Array<ArrayBuffer>;
}

export function encodeLink(keys: readonly LinkedKey[]): Uint8Array<ArrayBuffer> {
  return encode(keys.map(({ generation, epoch, key }) => [generation, epoch, key]));
}

/** The keys that a link claims, or `undefined` if it is not one. */
export function decodeLink(data: Uint8Array): LinkedKey[] | undefined {
  try {
    return Link.parse(decodeMsgpack(data)).map(([generation, epoch, key]) => ({ generation, epoch, key: key.slice() }));
  } catch {
    return undefined;
  }
}
