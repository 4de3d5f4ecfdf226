/** REST as a browser of one profile would do it: cookies kept, `Origin` said. */
export class HttpClient {
  readonly origin: string;
  /** Said with every request, over what is said by itself. */
  readonly headers: Readonly<Record<string, string>>;
  cookie = '';

  constructor(origin: string, headers: Readonly<Record<string, string>> = {}) {
    this.origin = origin;
    this.headers = headers;
  }

  async request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const response = await fetch(`${this.origin}/api${path}`, {
      method,
      headers: {
        origin: this.origin,
        ...(this.cookie === '' ? {} : { cookie: this.cookie }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...this.headers,
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const cookie = response.headers.getSetCookie().find((line) => line.startsWith('undertone_session='));
    if (cookie !== undefined) this.cookie = cookie.split(';', 1)[0] ?? '';
    return response;
  }

  /** The answer's JSON; fails where the request was refused. */
  async ok<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.request(method, path, body);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  /** Status and error code of a request that is refused. */
  async refused(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Refusal> {
    const response = await this.request(method, path, body, headers);
    const { error } = (await response.json()) as { error: { code: string; detail: Record<string, unknown> } };
    return { status: response.status, code: error.code, detail: error.detail };
  }
}

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail: Record<string, unknown>;
}
