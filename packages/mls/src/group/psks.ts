import type { Bytes } from '../codec/bytes.ts';
import { equalBytes } from '../codec/bytes.ts';
import type { CipherSuite } from '../crypto/cipher-suite.ts';
import { MlsError, must } from '../errors.ts';
import { pskTypes, resumptionUsages } from '../messages/numbers.ts';
import { type PskId, type PskName, pskIdKey } from '../messages/psk-id.ts';
import { type Psk, pskSecretOf } from '../schedule/psk-secret.ts';

/** Where external pre-shared keys come from (RFC 9420 §8.4). */
export type PskStore = (id: Bytes) => Promise<Uint8Array | undefined>;

/** A group whose former epochs' resumption PSKs can be used (RFC 9420 §8.6). */
export interface ResumableGroup {
  readonly context: { readonly groupId: Bytes };
  readonly resumptionPsks: ReadonlyMap<bigint, Bytes>;
}

function resumptionSecret(name: PskName & { type: 2 }, groups: readonly ResumableGroup[]): Bytes | undefined {
  return groups.find(({ context }) => equalBytes(context.groupId, name.groupId))?.resumptionPsks.get(name.epoch);
}

/** The secrets behind PSK proposals, combined (RFC 9420 §8.4). */
export async function resolvePsks(
  { hash }: CipherSuite,
  ids: readonly PskId[],
  store: PskStore | undefined,
  groups: readonly ResumableGroup[],
): Promise<Bytes> {
  const psks = await Promise.all(
    ids.map(async (id): Promise<Psk> => {
      const secret = id.type === pskTypes.external ? await store?.(id.id) : resumptionSecret(id, groups);
      if (secret === undefined) throw new MlsError('unknown_psk', 'a pre-shared key is not known here');
      return { id, secret: secret as Bytes };
    }),
  );
  return pskSecretOf(hash, psks);
}

export type ResumptionPskId = Extract<PskId, { type: typeof pskTypes.resumption }>;

/** Whether a pre-shared key links a group to the one that it follows, and may be used only where it is founded (RFC 9420 §8.6). */
export function linksGroups(id: PskId): id is ResumptionPskId {
  return id.type === pskTypes.resumption && id.usage !== resumptionUsages.application;
}

/** The form of the PSK identifiers of one commit or Welcome (RFC 9420 §8.4, §12.1.4, §12.2). */
export function assertPskIds({ hash }: CipherSuite, ids: readonly PskId[], allowSuccession: boolean): void {
  for (const id of ids) {
    must(id.nonce.length === hash.bytes, 'psk_nonce_length');
    must(allowSuccession || !linksGroups(id), 'psk_usage');
  }
  must(new Set(ids.map(pskIdKey)).size === ids.length, 'psk_repeated');
}
