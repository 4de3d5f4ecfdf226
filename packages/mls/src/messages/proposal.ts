import type { Bytes } from '../codec/bytes.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { MlsError } from '../errors.ts';
import { type Extension, readExtensions, writeExtensions } from './extension.ts';
import { type KeyPackage, readKeyPackage, writeKeyPackage } from './key-package.ts';
import { type LeafNode, readLeafNode, writeLeafNode } from './leaf-node.ts';
import { proposalTypes } from './numbers.ts';
import { type PskId, readPskId, writePskId } from './psk-id.ts';

/** What a group goes on as after a ReInit proposal (RFC 9420 §12.1.5). */
export interface ReInit {
  readonly groupId: Bytes;
  readonly version: number;
  readonly cipherSuite: number;
  readonly extensions: readonly Extension[];
}

/** Proposal of RFC 9420 §12.1. Types that are not registered there cannot be read: they have no length of their own. */
export type Proposal =
  | { readonly type: typeof proposalTypes.add; readonly keyPackage: KeyPackage }
  | { readonly type: typeof proposalTypes.update; readonly leafNode: LeafNode }
  | { readonly type: typeof proposalTypes.remove; readonly removed: number }
  | { readonly type: typeof proposalTypes.preSharedKey; readonly psk: PskId }
  | ({ readonly type: typeof proposalTypes.reInit } & ReInit)
  | { readonly type: typeof proposalTypes.externalInit; readonly kemOutput: Bytes }
  | { readonly type: typeof proposalTypes.groupContextExtensions; readonly extensions: readonly Extension[] };

export type ProposalOf<T extends Proposal['type']> = Extract<Proposal, { type: T }>;

export function readProposal(reader: Reader): Proposal {
  const type = reader.uint16();
  switch (type) {
    case proposalTypes.add:
      return { type, keyPackage: readKeyPackage(reader) };
    case proposalTypes.update:
      return { type, leafNode: readLeafNode(reader) };
    case proposalTypes.remove:
      return { type, removed: reader.uint32() };
    case proposalTypes.preSharedKey:
      return { type, psk: readPskId(reader) };
    case proposalTypes.reInit:
      return {
        type,
        groupId: reader.opaque(),
        version: reader.uint16(),
        cipherSuite: reader.uint16(),
        extensions: readExtensions(reader),
      };
    case proposalTypes.externalInit:
      return { type, kemOutput: reader.opaque() };
    case proposalTypes.groupContextExtensions:
      return { type, extensions: readExtensions(reader) };
    default:
      throw new MlsError('malformed', 'a proposal of unknown type');
  }
}

export function writeProposal(writer: Writer, proposal: Proposal): void {
  writer.uint16(proposal.type);
  switch (proposal.type) {
    case proposalTypes.add:
      writeKeyPackage(writer, proposal.keyPackage);
      return;
    case proposalTypes.update:
      writeLeafNode(writer, proposal.leafNode);
      return;
    case proposalTypes.remove:
      writer.uint32(proposal.removed);
      return;
    case proposalTypes.preSharedKey:
      writePskId(writer, proposal.psk);
      return;
    case proposalTypes.reInit:
      writer.opaque(proposal.groupId).uint16(proposal.version).uint16(proposal.cipherSuite);
      writeExtensions(writer, proposal.extensions);
      return;
    case proposalTypes.externalInit:
      writer.opaque(proposal.kemOutput);
      return;
    case proposalTypes.groupContextExtensions:
      writeExtensions(writer, proposal.extensions);
      return;
  }
}
