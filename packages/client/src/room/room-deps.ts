import type { MlsEngine } from '@undertone/mls/profile';
import type { AccountId, ClaimedKeyPackages, DeviceId, RoomId, ServerFrame, ServerFrameOf } from '@undertone/protocol';
import { ProtocolError } from '@undertone/protocol';
import type { Vault } from '@undertone/vault';
import type { Evidence } from '../content/evidence.ts';
import type { Files } from '../files/file-port.ts';
import type { IdentityBook } from '../identity/identity-book.ts';
import type { KeyPackageStock } from '../identity/key-package-stock.ts';
import type { SocketRequest } from '../socket/socket-client.ts';
import type { MessageRow, Preferences, TimelineChange } from '../view/index.ts';

/** What every room of a signed-in device shares. */
export interface RoomDeps {
  readonly self: { readonly account: AccountId; readonly device: DeviceId };
  readonly signingKey: CryptoKey;
  readonly engine: MlsEngine;
  readonly vault: Vault;
  readonly identities: IdentityBook;
  readonly stock: KeyPackageStock;
  /** The newest entry of this account's own key log. */
  keyHead(): Evidence['keyHead'];
  claimKeyPackages(accounts: readonly AccountId[]): Promise<ClaimedKeyPackages>;
  request(frame: SocketRequest): Promise<ServerFrame>;
  isOnline(): boolean;
  readonly files: Files;
  preferences(): Preferences;
  timelineChanged(change: TimelineChange): void;
  /** Messages of others that were not here before. */
  arrived(room: RoomId, messages: readonly MessageRow[]): void;
  typed(room: RoomId, account: AccountId): void;
  roomChanged(room: RoomId): void;
}

/** Send a request whose answer has to be of type `answer`. */
export async function ask<T extends ServerFrame['type']>(
  deps: RoomDeps,
  frame: SocketRequest,
  answer: T,
): Promise<ServerFrameOf<T>> {
  const got = await deps.request(frame);
  if (got.type !== answer) throw new ProtocolError('bad_frame', { expected: answer, got: got.type });
  return got as ServerFrameOf<T>;
}
