export { brokenPasswordRules, type CommonPasswords, type PasswordRule, passwordRules } from './account/password.ts';
export { normalizeUsername, type UsernameProblem, usernameProblem, usernameSentence } from './account/username.ts';
export { isVisibleName, visibleNameSentence } from './account/visible-name.ts';
export { equalBytes, fromBase64url, toBase64url } from './bytes.ts';
export { type ErrorCode, errorTable, ProtocolError } from './errors.ts';
export { ClientFrame, type ClientFrameOf, type ReportReason, wireVersion } from './frames/client.ts';
export { decodeClientFrame, decodeServerFrame, encodeFrame } from './frames/codec.ts';
export { ServerFrame, type ServerFrameOf } from './frames/server.ts';
export { applySplices, type GroupInfoPatch } from './group-info-patch.ts';
export {
  AccountId,
  BlobId,
  DeviceId,
  EntryId,
  Epoch,
  Generation,
  RoomId,
  Seq,
  SessionId,
  type TimestampMs,
} from './ids.ts';
export { limits } from './limits.ts';
export { decodeMsgpack } from './msgpack.ts';
export * from './rest/account.ts';
export * from './rest/blob.ts';
export * from './rest/device.ts';
export * from './rest/presence.ts';
export * from './rest/room.ts';
export {
  type CommitEntry,
  type FoundEntry,
  type FoundingLast,
  type LinkEntry,
  LogEntry,
  type MessageEntry,
  type NoticeEntry,
} from './room/entry.ts';
export { type Founding, foundingBytes } from './room/founding.ts';
export { HistoryPolicy, RoomKind, RoomListing, RoomMember, RoomState } from './room/room.ts';
export { slugFromName } from './room/slug.ts';
