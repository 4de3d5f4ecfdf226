import { basicCredential, limits, type MlsClient, suite1, verifyHere } from '../../src/index.ts';
import { lastResortExtension } from '../../src/profile/index.ts';
import type { Device } from './directory.ts';

/** A client with the device's key that follows RFC 9420, but none of the profile's rules. */
export function lawless({ signer, identity }: Device): MlsClient {
  return {
    suite: suite1,
    credential: basicCredential(identity),
    signer,
    capabilities: {
      versions: [1],
      cipherSuites: [1],
      extensions: [lastResortExtension, 0xf123],
      proposals: [],
      credentials: [1],
    },
    leafExtensions: [],
    authentication: { validate: async () => true },
    psks: undefined,
    policy: undefined,
    verifySignatures: verifyHere,
    pastEpochs: 0,
    skippedKeys: limits.skippedKeys,
    resumptionPsks: 0,
    now: () => BigInt(Math.floor(Date.now() / 1000)),
    lifetime: { before: 86_400n, after: 86_400n },
  };
}
