import { describe, expect, it } from 'vitest';
import { decode } from '../../src/codec/reader.ts';
import { encode } from '../../src/codec/writer.ts';
import { cipherSuite } from '../../src/crypto/suites.ts';
import { readAuthenticatedContent, writeAuthenticatedContent } from '../../src/messages/framed-content.ts';
import { contentTypes } from '../../src/messages/numbers.ts';
import { confirmedTranscriptHash, interimTranscriptHash } from '../../src/schedule/transcript-hash.ts';
import { fromHex, loadVectors, type SuiteVector, toHex } from './load.ts';

interface Vector extends SuiteVector {
  readonly confirmation_key: string;
  readonly authenticated_content: string;
  readonly interim_transcript_hash_before: string;
  readonly confirmed_transcript_hash_after: string;
  readonly interim_transcript_hash_after: string;
}

describe('transcript-hashes', () => {
  it.each(loadVectors<Vector>('transcript-hashes.json'))('case %i', (_, vector) => {
    const { hash } = cipherSuite(vector.cipher_suite);
    const content = decode(fromHex(vector.authenticated_content), readAuthenticatedContent);
    expect(toHex(encode(content, writeAuthenticatedContent))).toBe(vector.authenticated_content);
    expect(content.framed.content.type).toBe(contentTypes.commit);

    const confirmed = confirmedTranscriptHash(hash, fromHex(vector.interim_transcript_hash_before), content);
    expect(toHex(confirmed)).toBe(vector.confirmed_transcript_hash_after);
    const tag = hash.mac(fromHex(vector.confirmation_key), confirmed);
    expect(content.confirmationTag && toHex(content.confirmationTag)).toBe(toHex(tag));
    expect(toHex(interimTranscriptHash(hash, confirmed, tag))).toBe(vector.interim_transcript_hash_after);
  });
});
