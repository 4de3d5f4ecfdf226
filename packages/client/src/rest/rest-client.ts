import {
  type BindDeviceRequest,
  type ChangePasswordRequest,
  ClaimedKeyPackages,
  type CreateRoomRequest,
  type ErrorCode,
  errorTable,
  Invite,
  KeyLogList,
  KeyPackageCount,
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

async function failureOf(response: Response): Promise<ProtocolError> {
  const parsed = Failure.safeParse(await response.json().catch(() => undefined));
  if (parsed.success && isErrorCode(parsed.data.error.code)) {
    return new ProtocolError(parsed.data.error.code, parsed.data.error.detail);
  }
  return new ProtocolError(
    response.status === 429 ? 'rate_limited' : response.status >= 500 ? 'internal' : 'invalid_request',
  );
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

  async #call<T>(method: string, path: string, schema: z.ZodType<T> | null, body?: unknown): Promise<T> {
    let response: Response;
    try {
      response = await this.#fetch(`${this.#origin}/api${path}`, {
        method,
        credentials: 'same-origin',
        ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new OfflineError({ cause });
    }
    if (!response.ok) throw await failureOf(response);
    if (schema === null) return undefined as T;
    const parsed = schema.safeParse(await response.json().catch(() => undefined));
    if (!parsed.success) throw new ProtocolError('internal', {}, { cause: parsed.error });
    return parsed.data;
  }

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
  bindDevice = (request: BindDeviceRequest) => this.#call('PUT', '/sessions/current/device', Me, request);
  keyLogs = (accounts: readonly string[]) => this.#call('POST', '/key-logs', KeyLogList, { accounts });
  uploadKeyPackages = (request: UploadKeyPackagesRequest) =>
    this.#call('POST', '/key-packages', KeyPackageCount, request);
  keyPackageCount = () => this.#call('GET', '/key-packages/count', KeyPackageCount);
  claimKeyPackages = (accounts: readonly string[]) =>
    this.#call('POST', '/key-packages/claim', ClaimedKeyPackages, { accounts });

  profiles = (accounts: readonly string[]) => this.#call('POST', '/profiles', ProfileList, { accounts });
  searchPeople = (query: string) => this.#call('GET', `/accounts?search=${encodeURIComponent(query)}`, ProfileList);

  directory = () => this.#call('GET', '/rooms', RoomDirectory);
  createRoom = (request: CreateRoomRequest) => this.#call('POST', '/rooms', RoomListing, request);
  joinRoom = (room: string) => this.#call('POST', `/rooms/${room}/membership`, null);
  leaveRoom = (room: string) => this.#call('DELETE', `/rooms/${room}/membership`, null);
  members = (room: string) => this.#call('GET', `/rooms/${room}/members`, RoomMembers);
}
