import type { Bytes } from '../codec/bytes.ts';
import { decode, type Reader } from '../codec/reader.ts';
import { encode, type Writer } from '../codec/writer.ts';
import { MlsError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { MessageKey, Ratchet } from '../schedule/ratchet.ts';
import type { SecretTree } from '../schedule/secret-tree.ts';

/** A secret tree is stored in pages of this many levels, by place: a message writes the pages on the way to its sender's leaf. */
const levelsPerPage = 4;

const kinds = { secret: 0, split: 1, leaf: 2, page: 3 } as const;

function writeRatchet(writer: Writer, { generation, secret, skipped }: Ratchet): void {
  // After the last generation (RFC 9420 §9.1) there is no next one: it would not fit.
  writer.uint64(BigInt(generation)).opaque(secret);
  writer.vector(skipped, (item, [skippedGeneration, { key, nonce }]) => {
    item.uint32(skippedGeneration).opaque(key).opaque(nonce);
  });
}

function readRatchet(reader: Reader): Ratchet {
  const generation = Number(reader.uint64());
  const secret = reader.opaque().slice();
  const skipped = reader.vector((item): [number, MessageKey] => [
    item.uint32(),
    { key: item.opaque().slice(), nonce: item.opaque().slice() },
  ]);
  return { generation, secret, skipped: new Map(skipped) };
}

function isTop(depth: number): boolean {
  return depth % levelsPerPage === 0;
}

function writeNode(writer: Writer, at: SecretTree, depth: number, top: boolean): void {
  if (!top && isTop(depth) && at.kind === 'split') {
    writer.uint8(kinds.page);
    return;
  }
  writer.uint8(kinds[at.kind]);
  switch (at.kind) {
    case 'secret':
      writer.opaque(at.secret);
      return;
    case 'leaf':
      writeRatchet(writer, at.handshake);
      writeRatchet(writer, at.application);
      return;
    case 'split':
      writeNode(writer, at.left, depth + 1, false);
      writeNode(writer, at.right, depth + 1, false);
      return;
  }
}

/** Gives the page at a place. */
export type SecretPageSource = (place: string) => Bytes;

function placeOf(depth: number, index: number): string {
  return `${depth}/${index}`;
}

function unknownForm(): MlsError {
  return new MlsError('malformed', 'a stored secret tree of unknown form');
}

function readNode(reader: Reader, depth: number, index: number, top: boolean, pages: SecretPageSource): SecretTree {
  // A record may be damaged: no page lies at its own top, or below the deepest leaf.
  if (2 ** depth > limits.leaves) throw unknownForm();
  switch (reader.uint8()) {
    case kinds.secret:
      return { kind: 'secret', secret: reader.opaque().slice() };
    case kinds.leaf:
      return { kind: 'leaf', handshake: readRatchet(reader), application: readRatchet(reader) };
    case kinds.split: {
      const left = readNode(reader, depth + 1, 2 * index, false, pages);
      return { kind: 'split', left, right: readNode(reader, depth + 1, 2 * index + 1, false, pages) };
    }
    case kinds.page:
      if (top || !isTop(depth)) throw unknownForm();
      return readSecretPage(depth, index, pages);
    default:
      throw unknownForm();
  }
}

function readSecretPage(depth: number, index: number, pages: SecretPageSource): SecretTree {
  return decode(pages(placeOf(depth, index)), (reader) => readNode(reader, depth, index, true, pages));
}

export function readStoredSecretTree(pages: SecretPageSource): SecretTree {
  return readSecretPage(0, 0, pages);
}

export interface SecretPage {
  readonly place: string;
  encode(): Bytes;
}

function* changedPages(
  at: SecretTree,
  before: SecretTree | undefined,
  depth: number,
  index: number,
): Generator<SecretPage> {
  if (at === before) return;
  if (depth === 0 || (isTop(depth) && at.kind === 'split')) {
    yield {
      place: placeOf(depth, index),
      encode: () => encode(at, (writer) => writeNode(writer, at, depth, true)),
    };
  }
  if (at.kind !== 'split') return;
  const other = before?.kind === 'split' ? before : undefined;
  yield* changedPages(at.left, other?.left, depth + 1, 2 * index);
  yield* changedPages(at.right, other?.right, depth + 1, 2 * index + 1);
}

/** The pages of a secret tree that differ from those of its former self; all of them without one. */
export function secretPages(tree: SecretTree, before: SecretTree | undefined): Iterable<SecretPage> {
  return changedPages(tree, before, 0, 0);
}
