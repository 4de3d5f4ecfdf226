export type { MessageTarget } from '../content/document.ts';
export { isOneEmoji } from '../content/emoji.ts';
export {
  type ConnectionView,
  type Core,
  type CoreCalls,
  CoreError,
  type CoreEvent,
  type CoreFailure,
  type IdentityView,
  type LastSeenView,
  type LockIdle,
  type LockState,
  lockIdleMinutes,
  type PersonView,
  type PresenceChange,
  type PresenceState,
  type SessionPhase,
  type SessionView,
  type Snapshot,
  type TextToSend,
  typingMs,
} from './core.ts';
export { type FileToSend, type FileUsageView, type TransferView, transferId } from './files.ts';
export { defaultPreferences, type NotificationLevel, type Preferences, type PreferencesChange } from './preferences.ts';
export type { DifferenceView, DoubtView, PinView, ReceiptView, RoomView } from './room.ts';
export type {
  Delivery,
  EarlierText,
  FileAnswerView,
  FileView,
  MemberRow,
  MessageRow,
  NoticeRow,
  QuoteView,
  ReactionView,
  RemovedRow,
  SecurityRow,
  TimelineChange,
  TimelinePage,
  TimelineRow,
  UnreadableReason,
  UnreadableRow,
} from './rows.ts';
export type { SearchCoverage, SearchHit, SearchPage, SearchQuery } from './search.ts';
