import type { AuthenticationService as TsMlsAuthenticationService } from 'ts-mls/authenticationService.js';
import type { ClientConfig } from 'ts-mls/clientConfig.js';
import type { Credential } from 'ts-mls/credential.js';
import { bytesEqual, copyBytes } from './bytes.ts';
import { MlsError } from './errors.ts';
import type { AuthenticationService } from './types.ts';

/** The identity of a basic credential; any other kind of credential is refused. */
export function basicIdentity(credential: Credential): Uint8Array {
  if (credential.credentialType !== 'basic' || !('identity' in credential)) {
    throw new MlsError('unauthenticated_member', 'only basic credentials are accepted');
  }
  return credential.identity;
}

/** Throws instead of answering `false`: ts-mls would turn that into an error without a type. */
function adaptAuthentication(service: AuthenticationService): TsMlsAuthenticationService {
  return {
    async validateCredential(credential, signatureKey) {
      const identity = copyBytes(basicIdentity(credential));
      let valid: boolean;
      try {
        valid = await service.validate(identity, copyBytes(signatureKey));
      } catch (cause) {
        throw new MlsError('authentication_unavailable', 'the authentication service failed', { cause });
      }
      if (valid !== true) throw new MlsError('unauthenticated_member', 'the signature key is not that of the identity');
      return true;
    },
  };
}

function sameIdentity(a: Credential, b: Credential): boolean {
  return bytesEqual(basicIdentity(a), basicIdentity(b));
}

export function makeClientConfig(authentication: AuthenticationService): ClientConfig {
  return {
    keyRetentionConfig: {
      // Messages arrive in the delivery service's order, so what is skipped was almost always never sent. Ten for the rest.
      retainKeysForGenerations: 10,
      // Nothing of a former epoch is ever accepted. ts-mls reads 0 as "all", so `settle` empties the store itself.
      retainKeysForEpochs: 0,
      // Messages that a member encrypted within one epoch but never delivered.
      maximumForwardRatchetSteps: 1000,
    },
    lifetimeConfig: {
      // Not used by ts-mls 1.6.4; `readKeyPackage` has the limit.
      maximumTotalLifetime: 0n,
      // A leaf in a tree may be older than its key package's lifetime, and members' clocks differ: refusing here would
      // split the group. The adder checks the lifetime, when the key package is used (RFC 9420 §7.3).
      validateLifetimeOnReceive: false,
    },
    // "The same client" (RFC 9420 §12.2) is the same identity: a device has one leaf per group.
    keyPackageEqualityConfig: {
      compareKeyPackages: (a, b) => sameIdentity(a.leafNode.credential, b.leafNode.credential),
      compareKeyPackageToLeafNode: (a, b) => sameIdentity(a.leafNode.credential, b.credential),
    },
    // The content's own envelope is padded before it comes here; padding twice would break its buckets.
    paddingConfig: { kind: 'alwaysPad', paddingLength: 0 },
    authService: adaptAuthentication(authentication),
  };
}
