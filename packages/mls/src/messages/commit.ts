import type { Bytes } from '../codec/bytes.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { MlsError } from '../errors.ts';
import { type Proposal, readProposal, writeProposal } from './proposal.ts';
import { readUpdatePath, type UpdatePath, writeUpdatePath } from './update-path.ts';

/** ProposalOrRef of RFC 9420 §12.4. */
export type ProposalOrRef =
  | { readonly kind: 'value'; readonly proposal: Proposal }
  | { readonly kind: 'reference'; readonly reference: Bytes };

/** Commit of RFC 9420 §12.4. */
export interface Commit {
  readonly proposals: readonly ProposalOrRef[];
  readonly path: UpdatePath | undefined;
}

const kinds = { value: 1, reference: 2 } as const;

function readProposalOrRef(reader: Reader): ProposalOrRef {
  switch (reader.uint8()) {
    case kinds.value:
      return { kind: 'value', proposal: readProposal(reader) };
    case kinds.reference:
      return { kind: 'reference', reference: reader.opaque() };
    default:
      throw new MlsError('malformed', 'neither a proposal nor a reference');
  }
}

function writeProposalOrRef(writer: Writer, item: ProposalOrRef): void {
  writer.uint8(kinds[item.kind]);
  if (item.kind === 'value') writeProposal(writer, item.proposal);
  else writer.opaque(item.reference);
}

export function readCommit(reader: Reader): Commit {
  return { proposals: reader.vector(readProposalOrRef), path: reader.optional(readUpdatePath) };
}

export function writeCommit(writer: Writer, { proposals, path }: Commit): void {
  writer.vector(proposals, writeProposalOrRef).optional(path, writeUpdatePath);
}
