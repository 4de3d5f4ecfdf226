/**
 * The one table of failures: code -> HTTP status, socket close code, whether trying again can help, and the sentence for
 * people. Programs compare codes, never sentences. A socket close code is given where the failure ends the connection.
 */
interface ErrorRow {
  readonly status: number;
  readonly closeCode?: number;
  readonly retryable: boolean;
  readonly sentence: string;
}

const row = (status: number, retryable: boolean, sentence: string, closeCode?: number): ErrorRow =>
  closeCode === undefined ? { status, retryable, sentence } : { status, retryable, sentence, closeCode };

export const errorTable = {
  // Requests
  invalid_request: row(400, false, 'The request is not in the form that this server understands.'),
  too_large: row(413, false, 'That is larger than this server accepts.'),
  not_found: row(404, false, 'There is nothing at this address.'),
  wrong_origin: row(403, false, 'The request came from another site and was refused.'),
  rate_limited: row(429, true, 'Too many tries in a short time. Wait a moment, then try again.'),
  internal: row(500, true, 'Something went wrong on the server. Try again in a moment.'),
  unavailable: row(503, true, 'The server is restarting. It will be back in a moment.', 1012),

  // Accounts and sessions
  not_signed_in: row(401, false, 'You are signed out. Sign in again to go on.', 4401),
  wrong_credentials: row(401, false, 'Username or password is not right.'),
  wrong_password: row(403, false, 'That is not your current password.'),
  username_taken: row(409, false, 'This username is taken, or looks like one that is. Choose another.'),
  invalid_username: row(
    422,
    false,
    'A username has 3 to 32 letters, digits, dots, hyphens or underscores of one script.',
  ),
  weak_password: row(422, false, 'This password does not meet the rules.'),
  invalid_avatar: row(422, false, 'The picture must be a PNG, JPEG or WebP of at most 64 KB.'),
  registration_closed: row(403, false, 'This server does not take new accounts.'),
  invite_required: row(403, false, 'This server takes new accounts by invitation only.'),
  invalid_invite: row(403, false, 'This invitation is not valid any more. Ask for a new one.'),

  // Devices and identity
  device_required: row(409, false, 'This session has no device yet.', 4409),
  device_exists: row(409, false, 'This account already has a device. Starting anew must be confirmed.'),
  device_limit: row(409, false, 'This account has as many devices as this server allows.'),
  unknown_device: row(404, false, 'This device is not one of this account.'),
  invalid_proof: row(403, false, 'The device could not prove that it holds its key.'),
  device_replaced: row(409, false, 'This account was started anew on another browser.', 4410),
  no_key_package: row(409, true, 'One of these people has no browser that can be reached yet. Try again later.'),

  // Rooms and their logs
  room_exists: row(409, false, 'A room with this name exists already.'),
  room_limit: row(409, false, 'You have created as many rooms as this server allows.'),
  unknown_room: row(404, false, 'This room does not exist, or you are not in it.'),
  not_member: row(403, false, 'You are not in this room.'),
  thread_full: row(409, false, 'A thread holds at most 32 people.'),
  stale_epoch: row(409, true, 'The room has moved on; catching up.'),
  removal_pending: row(409, true, 'Someone left; their keys must be removed before the next message.'),
  not_in_group: row(409, true, 'This device has to enter the room again.'),
  roster_mismatch: row(422, false, 'The declared change of members is not allowed.'),
  group_info_mismatch: row(409, true, "The server has other data on this room's keys; sending all of it."),
  duplicate_id: row(409, false, 'This id was used for something else.'),
  unknown_message: row(404, false, 'This message is not on this browser any more.'),
  erase_refused: row(403, false, 'Only messages of your own can be deleted for everyone.'),
  link_limit: row(409, false, 'This epoch has its history links already.'),
  commits_barred: row(
    429,
    true,
    "Other members could not follow this device's last changes to the room's keys. Wait before trying again.",
  ),
  invalid_group_info: row(422, false, "This room's new keys are not in the form that members could use."),
  generation_too_soon: row(429, true, 'The room was repaired a moment ago. Wait before repairing it again.'),

  // Files
  unknown_blob: row(404, false, 'The server does not have this file any more.'),
  blob_incomplete: row(409, true, 'The file has not arrived on the server as a whole yet.'),
  blob_too_large: row(413, false, 'The file is larger than this server accepts.'),
  blob_quota: row(
    413,
    false,
    'Your files take all the room that this server gives you. Delete some messages with files.',
  ),
  storage_full: row(507, true, 'The server has no room left for files. Try again later, or tell whoever runs it.'),

  // Socket
  bad_frame: row(400, false, 'The other side sent something that cannot be read.', 4400),
  unsupported_version: row(400, false, 'This page is older than the server. Reload it.', 4426),
  slow_reader: row(503, true, 'The connection was too slow and was closed.', 4408),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

export const errorCodes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]];

/** A failure that carries its code. `detail` holds facts for the program (never secrets, never a stack). */
export class ProtocolError extends Error {
  readonly code: ErrorCode;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, detail: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(errorTable[code].sentence, options);
    this.name = 'ProtocolError';
    this.code = code;
    this.detail = detail;
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable;
  }
}
