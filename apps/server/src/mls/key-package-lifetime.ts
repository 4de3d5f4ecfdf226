import { basicCredential, keyPackageSource, mls10, suite1, wireFormats } from './numbers.ts';
import { MalformedError, TlsReader } from './tls-reader.ts';

/** The end of the year 9999: what is later is no date that a database or a client could be trusted with. */
const latestSeconds = 253_402_300_799n;

/** Everything of a LeafNode (RFC 9420 §7.2) up to and including its lifetime, of which the end is returned, in seconds. */
function readLeafExpiry(reader: TlsReader): bigint {
  reader.opaque(); // encryption_key
  reader.opaque(); // signature_key
  if (reader.uint16() !== basicCredential) throw new MalformedError('another credential than a basic one');
  reader.opaque(); // identity
  // Versions, cipher suites, extensions, proposals and credentials of the capabilities.
  for (let i = 0; i < 5; i += 1) reader.opaque();
  if (reader.uint8() !== keyPackageSource) throw new MalformedError('the leaf is not of a key package');
  reader.uint64(); // not_before
  const notAfter = reader.uint64();
  reader.opaque(); // extensions
  reader.opaque(); // signature
  return notAfter;
}

/**
 * When the lifetime of a key package ends, in milliseconds since 1970, from the MLSMessage that carries it (RFC 9420 §6, §7.2, §10).
 * Its signatures are for those to check who use it. Undefined where the bytes are no key package of suite 1.
 */
export function keyPackageExpiry(message: Uint8Array): number | undefined {
  try {
    const reader = new TlsReader(message);
    if (reader.uint16() !== mls10 || reader.uint16() !== wireFormats.keyPackage) return undefined;
    if (reader.uint16() !== mls10 || reader.uint16() !== suite1) return undefined;
    reader.opaque(); // init_key
    const notAfter = readLeafExpiry(reader);
    reader.opaque(); // extensions
    reader.opaque(); // signature
    reader.finish();
    return notAfter > latestSeconds ? undefined : Number(notAfter) * 1000;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}
