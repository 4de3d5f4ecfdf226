import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decode } from '../codec/reader.ts';
import { encode } from '../codec/writer.ts';
import {
  type FramedContent,
  readAuthenticatedContent,
  readFramedContent,
  type Sender,
  writeAuthenticatedContent,
  writeFramedContent,
} from './framed-content.ts';
import { contentTypes, proposalTypes, senderTypes, wireFormats } from './numbers.ts';

const bytes = fc.uint8Array({ maxLength: 80 }).map((value) => new Uint8Array(value));
const number = fc.integer({ min: 0, max: 0xffffffff });

const sender: fc.Arbitrary<Sender> = fc.oneof(
  number.map((leafIndex) => ({ type: senderTypes.member, leafIndex })),
  number.map((senderIndex) => ({ type: senderTypes.external, senderIndex })),
  fc.constant({ type: senderTypes.newMemberProposal }),
  fc.constant({ type: senderTypes.newMemberCommit }),
);

const framedContent: fc.Arbitrary<FramedContent> = fc.record({
  groupId: bytes,
  epoch: fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }),
  sender,
  authenticatedData: bytes,
  content: fc.oneof(
    bytes.map((data) => ({ type: contentTypes.application, data })),
    number.map((removed) => ({ type: contentTypes.proposal, proposal: { type: proposalTypes.remove, removed } })),
    bytes.map((reference) => ({
      type: contentTypes.commit,
      commit: { proposals: [{ kind: 'reference' as const, reference }], path: undefined },
    })),
  ),
});

it('FramedContent is read as it was written, of whatever sender', () => {
  fc.assert(
    fc.property(framedContent, (framed) => {
      expect(decode(encode(framed, writeFramedContent), readFramedContent)).toEqual(framed);
    }),
  );
});

it('AuthenticatedContent keeps the encoding of its FramedContent; only commits have a tag', () => {
  fc.assert(
    fc.property(framedContent, bytes, bytes, (framed, signature, tag) => {
      const framedBytes = encode(framed, writeFramedContent);
      const confirmationTag = framed.content.type === contentTypes.commit ? tag : undefined;
      const content = { wireFormat: wireFormats.publicMessage, framed, framedBytes, signature, confirmationTag };
      expect(decode(encode(content, writeAuthenticatedContent), readAuthenticatedContent)).toEqual(content);
    }),
  );
});
