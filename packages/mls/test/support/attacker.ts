import { type Bytes, noBytes, textBytes } from '../../src/codec/bytes.ts';
import { decryptWithLabel, deriveSecret, deriveTreeSecret, expandWithLabel } from '../../src/crypto/labels.ts';
import { suite1 } from '../../src/crypto/suites.ts';
import { MlsError } from '../../src/errors.ts';
import { openCiphertext, openSenderData, type SenderData } from '../../src/framing/private-content.ts';
import { type GroupState, nextContext } from '../../src/group/state.ts';
import { decodeMlsMessage } from '../../src/messages/mls-message.ts';
import { contentTypes, wireFormats } from '../../src/messages/numbers.ts';
import type { PrivateMessage } from '../../src/messages/private-message.ts';
import type { UpdatePath } from '../../src/messages/update-path.ts';
import { pathNodeLabel } from '../../src/tree/create-path.ts';
import { treeHash } from '../../src/tree/tree-hash.ts';

/** Someone who has bytes, from wherever, and tries every use of them that the key schedule knows. */

const { hash, aead, kem } = suite1;

function ofLength(secrets: Iterable<Uint8Array>, length: number): Bytes[] {
  return [...secrets].filter((bytes) => bytes.length === length).map((bytes) => new Uint8Array(bytes));
}

/** What follows from a node of a secret tree, down to ratchets (RFC 9420 §9). */
function* belowNode(secret: Bytes, depth: number): Generator<Bytes> {
  for (const kind of ['handshake', 'application']) yield expandWithLabel(hash, secret, kind, noBytes, hash.bytes);
  if (depth === 0) return;
  for (const side of ['left', 'right']) {
    yield* belowNode(expandWithLabel(hash, secret, 'tree', textBytes(side), hash.bytes), depth - 1);
  }
}

/** All ratchet secrets that a secret may lead to, itself included. */
function* ratchetSecrets(secret: Bytes): Generator<Bytes> {
  yield secret;
  yield* belowNode(secret, 3);
  yield* belowNode(deriveSecret(hash, secret, 'encryption'), 3);
}

export function privateMessageOf(bytes: Bytes): PrivateMessage {
  const message = decodeMlsMessage(bytes);
  if (message.wireFormat !== wireFormats.privateMessage) throw new Error('not private');
  return message.privateMessage;
}

/** The sender data, as a member of the epoch sees them: the attacker gets them for nothing. */
export function senderDataOf(message: Bytes, { secrets }: GroupState): Promise<SenderData> {
  return openSenderData(suite1, privateMessageOf(message), secrets.senderDataSecret);
}

async function opens(message: PrivateMessage, key: Bytes, nonce: Bytes, senderData: SenderData): Promise<boolean> {
  try {
    await openCiphertext(aead, message, { key, nonce }, senderData);
    return true;
  } catch (error) {
    if (error instanceof MlsError && error.code === 'undecryptable') return false;
    throw error;
  }
}

/** Whether any of these secrets, used in any way, opens the message. */
export async function canRead(
  secrets: ReadonlySet<Uint8Array>,
  bytes: Bytes,
  senderData: SenderData,
): Promise<boolean> {
  const message = privateMessageOf(bytes);
  for (const key of ofLength(secrets, aead.keyBytes)) {
    for (const nonce of ofLength(secrets, aead.nonceBytes)) {
      if (await opens(message, key, nonce, senderData)) return true;
    }
  }
  for (const secret of ofLength(secrets, hash.bytes)) {
    for (const first of ratchetSecrets(secret)) {
      let ratchet = first;
      for (let generation = 0; generation <= senderData.generation; generation++) {
        const derive = (label: string, length: number) => deriveTreeSecret(hash, ratchet, label, generation, length);
        const isThis = generation === senderData.generation;
        if (
          isThis &&
          (await opens(message, derive('key', aead.keyBytes), derive('nonce', aead.nonceBytes), senderData))
        ) {
          return true;
        }
        ratchet = derive('secret', hash.bytes);
      }
      // A stolen ratchet stands at its own generation.
      const key = deriveTreeSecret(hash, first, 'key', senderData.generation, aead.keyBytes);
      const nonce = deriveTreeSecret(hash, first, 'nonce', senderData.generation, aead.nonceBytes);
      if (await opens(message, key, nonce, senderData)) return true;
    }
  }
  return false;
}

/** The path of a public commit. */
export function pathOfCommit(bytes: Bytes): UpdatePath {
  const message = decodeMlsMessage(bytes);
  if (message.wireFormat !== wireFormats.publicMessage) throw new Error('not public');
  const { content } = message.publicMessage.content.framed;
  if (content.type !== contentTypes.commit || content.commit.path === undefined) throw new Error('no path');
  return content.commit.path;
}

/** How many ciphertexts of a path any of these secrets opens, taken as private keys. `before`, `after`: of some honest member. */
export async function openedOfPath(
  secrets: ReadonlySet<Uint8Array>,
  commit: Bytes,
  before: GroupState,
  after: GroupState,
): Promise<number> {
  const { contextBytes } = nextContext(before.context, {
    epoch: before.context.epoch + 1n,
    treeHash: treeHash(hash, after.tree.root),
    extensions: after.context.extensions,
  });
  let opened = 0;
  for (const privateKey of ofLength(secrets, 32)) {
    const keyPair = { privateKey, publicKey: await kem.publicKeyOf(privateKey) };
    for (const { encryptedPathSecret } of pathOfCommit(commit).nodes) {
      for (const ciphertext of encryptedPathSecret) {
        if (await decryptWithLabel(suite1, keyPair, pathNodeLabel, contextBytes, ciphertext)) opened++;
      }
    }
  }
  return opened;
}
