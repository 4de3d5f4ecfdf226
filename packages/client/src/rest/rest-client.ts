import {
  ActivePeople,
  type BindDeviceRequest,
  BlobUsage,
  type ChangePasswordRequest,
  ClaimedKeyPackages,
  type CreateRoomRequest,
  type ErrorCode,
  errorTable,
  Invite,
  KeyLogList,
  KeyPackageCount,
  LastSeenList,
  Me,
  ProfileList,
  ProtocolError,
  type RegisterDeviceRequest,
  RoomDirectory,
  RoomListing,
  RoomMembers,
  ServerConfig,
  SessionList,
  type SignInRequest,
  type SignUpRequest,
  type UpdateProfileRequest,
  type UpgradeKeyLogRequest,
  type UploadKeyPackagesRequest,
  UsernameAvailability,
} from '@undertone/protocol';
import { z } from 'zod';

/** The server could not be reached at all (no network, server down). */
export class OfflineError extends Error {
  constructor(options?: ErrorOptions) {
    super('The server cannot be reached. Check the connection and try again.', options);
    this.name = 'OfflineError';
  }
}

const Failure = z.object({
  error: z.object({ code: z.string(), detail: z.record(z.string(), z.unknown()).default({}) }),
});

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorTable, code);

/** The failure that an answer of the server's tells of, from its status and body. */
export function parseFailure(status: number, body: string): ProtocolError {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    // Not ours: from a proxy, perhaps. The status has to do.
  }
  const parsed = Failure.safeParse(value);
  if (parsed.success && isErrorCode(parsed.data.error.code)) {
    return new ProtocolError(parsed.data.error.code, parsed.data.error.detail);
  }
  return new ProtocolError(status === 429 ? 'rate_limited' : status >= 500 ? 'internal' : 'invalid_request');
}

async function failureOf(response: Response): Promise<ProtocolError> {
  return parseFailure(response.status, await response.text().catch(() => ''));
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * The REST side of the wire (SPEC T1): one method per route, answers checked by their schemas. Every method rejects with
 * `ProtocolError` where the server refused and with `OfflineError` where it was not reached.
 */
export class RestClient {
  readonly #origin: string;
  readonly #fetch: Fetch;

  /** `origin` is empty in a browser (same origin); `fetch` adds the cookie where there is no cookie jar. */
  constructor(origin = '', fetch: Fetch = (url, init) => globalThis.fetch(url, init)) {
    this.#origin = origin;
    this.#fetch = fetch;
  }

  async #request(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    let response: Response;
    try {
      response = await this.#fetch(`${this.#origin}/api${path}`, { method, credentials: 'same-origin', ...init });
    } catch (cause) {
      throw new OfflineError({ cause });
    }
    if (!response.ok) throw await failureOf(response);
    return response;
  }

  async #call<T>(method: string, path: string, schema: z.ZodType<T> | null, body?: unknown): Promise<T> {
    const json = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await this.#request(method, path, body === undefined ? {} : json);
    if (schema === null) return undefined as T;
    const parsed = schema.safeParse(await response.json().catch(() => undefined));
    if (!parsed.success) throw new ProtocolError('internal', {}, { cause: parsed.error });
    return parsed.data;
  }

  /** Where uploads begin (SPEC F2), as an absolute address. */
  get blobsAddress(): string {
    return `${this.#origin || globalThis.location.origin}/api/blobs`;
  }

  /** The bytes of a stored file from `start` on (SPEC F3). */
  async blob(id: string, start: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const headers: HeadersInit = start === 0 ? {} : { range: `bytes=${start}-` };
    const { body, status } = await this.#request('GET', `/blobs/${id}`, { headers, signal });
    // Whoever sends everything again has not understood what was asked for.
    if (body === null || (start > 0 && status !== 206)) throw new ProtocolError('internal');
    return body;
  }

  removeBlob = (id: string) => this.#call('DELETE', `/blobs/${id}`, null);

  config = () => this.#call('GET', '/config', ServerConfig);
  usernameAvailability = (name: string) =>
    this.#call('GET', `/usernames/${encodeURIComponent(name)}`, UsernameAvailability);

  signUp = (request: SignUpRequest) => this.#call('POST', '/accounts', Me, request);
  signIn = (request: SignInRequest) => this.#call('POST', '/sessions', Me, request);
  signOut = () => this.#call('DELETE', '/sessions/current', null);
  sessions = () => this.#call('GET', '/sessions', SessionList);
  revokeSession = (id: string) => this.#call('DELETE', `/sessions/${id}`, null);

  me = () => this.#call('GET', '/account', Me);
  updateProfile = (request: UpdateProfileRequest) => this.#call('PATCH', '/account', Me, request);
  deleteAccount = (password: string) => this.#call('DELETE', '/account', null, { password });
  changePassword = (request: ChangePasswordRequest) => this.#call('POST', '/account/password', null, request);
  createInvite = () => this.#call('POST', '/invites', Invite);

  registerDevice = (request: RegisterDeviceRequest) => this.#call('POST', '/devices', Me, request);
  upgradeKeyLog = (request: UpgradeKeyLogRequest) => this.#call('PUT', '/key-log', null, request);
  bindDevice = (request: BindDeviceRequest) => this.#call('PUT', '/sessions/current/device', Me, request);
  keyLogs = (accounts: readonly string[]) => this.#call('POST', '/key-logs', KeyLogList, { accounts });
  uploadKeyPackages = (request: UploadKeyPackagesRequest) =>
    this.#call('POST', '/key-packages', KeyPackageCount, request);
  keyPackageCount = () => this.#call('GET', '/key-packages/count', KeyPackageCount);
  claimKeyPackages = (accounts: readonly string[]) =>
    this.#call('POST', '/key-packages/claim', ClaimedKeyPackages, { accounts });

  blobUsage = () => this.#call('GET', '/blob-usage', BlobUsage);
  lastSeen = (accounts: readonly string[]) => this.#call('POST', '/last-seen', LastSeenList, { accounts });
  activePeople = (room: string | null, after: string | null) =>
    this.#call(
      'GET',
      `${room === null ? '' : `/rooms/${room}`}/active${after === null ? '' : `?after=${encodeURIComponent(after)}`}`,
      ActivePeople,
    );
  profiles = (accounts: readonly string[]) => this.#call('POST', '/profiles', ProfileList, { accounts });
  searchPeople = (query: string) => this.#call('GET', `/accounts?search=${encodeURIComponent(query)}`, ProfileList);

  directory = () => this.#call('GET', '/rooms', RoomDirectory);
  createRoom = (request: CreateRoomRequest) => this.#call('POST', '/rooms', RoomListing, request);
  joinRoom = (room: string) => this.#call('POST', `/rooms/${room}/membership`, null);
  leaveRoom = (room: string) => this.#call('DELETE', `/rooms/${room}/membership`, null);
  members = (room: string) => this.#call('GET', `/rooms/${room}/members`, RoomMembers);
}
