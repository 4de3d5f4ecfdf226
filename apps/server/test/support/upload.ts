import { readdir } from 'node:fs/promises';
import type { BlobId, BlobUsage } from '@undertone/protocol';
import type { TestServer } from '../../src/testing/start-test-server.ts';
import type { HttpClient } from './http-client.ts';

const tus = { 'tus-resumable': '1.0.0' };
const pieceType = 'application/offset+octet-stream';

/** `fetch` as the person, without JSON. */
export function ask(
  http: HttpClient,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: RequestInit['body'],
): Promise<Response> {
  return fetch(`${http.origin}/api${path}`, {
    method,
    headers: { origin: http.origin, cookie: http.cookie, ...headers },
    ...(body == null ? {} : { body, duplex: 'half' }),
  } as RequestInit);
}

export const createUpload = (http: HttpClient, bytes: number | string, headers: Record<string, string> = {}) =>
  ask(http, 'POST', '/blobs', { ...tus, 'upload-length': String(bytes), ...headers });

/** Begin an upload; fails where it is refused. */
export async function begin(http: HttpClient, bytes: number): Promise<BlobId> {
  const response = await createUpload(http, bytes);
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  return (response.headers.get('location') ?? '').replace('/api/blobs/', '') as BlobId;
}

export const append = (http: HttpClient, id: BlobId, offset: number, body: RequestInit['body']) =>
  ask(http, 'PATCH', `/blobs/${id}`, { ...tus, 'upload-offset': String(offset), 'content-type': pieceType }, body);

export const head = (http: HttpClient, id: BlobId) => ask(http, 'HEAD', `/blobs/${id}`, tus);

export async function offsetOf(http: HttpClient, id: BlobId): Promise<number> {
  return Number((await head(http, id)).headers.get('upload-offset'));
}

export const terminate = (http: HttpClient, id: BlobId) => ask(http, 'DELETE', `/blobs/${id}`, tus);

/** A whole file in one piece. */
export async function upload(http: HttpClient, data: Uint8Array<ArrayBuffer>): Promise<BlobId> {
  const id = await begin(http, data.length);
  const response = await append(http, id, 0, data);
  if (response.status !== 204) throw new Error(`${response.status} ${await response.text()}`);
  return id;
}

export const download = (http: HttpClient, id: BlobId, range?: string) =>
  ask(http, 'GET', `/blobs/${id}`, range === undefined ? {} : { range });

export async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

/** Status and code of a refusal, as in every answer of the API. */
export async function refusalOf(response: Response): Promise<[status: number, code: string]> {
  const { error } = (await response.json()) as { error: { code: string } };
  return [response.status, error.code];
}

/** Names in the folder of files. */
export async function stored(server: TestServer): Promise<string[]> {
  const { blobs } = server.services.settings;
  return blobs.kind === 'folder' ? readdir(blobs.folder) : [];
}

/** Bytes of the account that count against its quota. */
export const usage = async (http: HttpClient): Promise<number> =>
  (await http.ok<BlobUsage>('GET', '/blob-usage')).usedBytes;
