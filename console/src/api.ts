// SPDX-License-Identifier: Apache-2.0
// Calls of the HTTP API (docs/api.md): one place that knows paths, headers and how a refusal looks.
import { lang } from './i18n';
import type { List } from './types';

const ROOT = '/api/v1';
const PAGES_MAX = 50; // pages of one list that are fetched; 1000 items each

/** A refusal of the server (RFC 9457), or no answer at all (`status` 0, `code` "unreachable"). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
  ) {
    super(title);
  }
}

export const part = encodeURIComponent;

/** What the window hears when the server no longer knows who asks. */
export const SIGNED_OUT = 'yagura-signed-out';

/** The address of an API resource as a link (downloads, reports), in the language of the pages. */
export function address(path: string, query: Record<string, string> = {}): string {
  const all = new URLSearchParams({ ...query, lang: lang() });
  return `${ROOT}${path}?${all.toString()}`;
}

async function problemOf(reply: Response): Promise<Problem> {
  let body: Record<string, unknown> = {};
  try {
    body = (await reply.json()) as Record<string, unknown>;
  } catch {
    // A refusal without a body still has its status.
  }
  const text = (name: string) => (typeof body[name] === 'string' ? (body[name] as string) : '');
  return new Problem(reply.status, text('code') || `http-${reply.status}`, text('title'), text('detail'));
}

async function send(method: string, path: string, query: Record<string, string>, init: RequestInit): Promise<Response> {
  let reply: Response;
  try {
    reply = await fetch(address(path, query), { method, credentials: 'same-origin', cache: 'no-cache', ...init });
  } catch {
    throw new Problem(0, 'unreachable', '', '');
  }
  if (reply.status === 401 && !/^\/session(\/second-factor)?$/.test(path)) dispatchEvent(new Event(SIGNED_OUT));
  if (!reply.ok) throw await problemOf(reply);
  return reply;
}

async function json<T>(reply: Response): Promise<T> {
  if (reply.status === 204) return undefined as T;
  return (await reply.json()) as T;
}

export async function get<T>(path: string, query: Record<string, string> = {}): Promise<T> {
  return json<T>(await send('GET', path, query, {}));
}

/** All pages of a list, with what stands beside `items` on the first page. */
export async function list<T, R extends List<T> = List<T>>(path: string, query: Record<string, string> = {}): Promise<R> {
  const first = await get<R>(path, { limit: '1000', ...query });
  let after = first.next;
  for (let page = 1; after && page < PAGES_MAX; page++) {
    const more = await get<List<T>>(path, { limit: '1000', ...query, after });
    first.items.push(...more.items);
    after = more.next;
  }
  return first;
}

function withBody(body: unknown, revision?: number): RequestInit {
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  if (revision !== undefined) headers['If-Match'] = `"${revision}"`;
  return { headers, body: JSON.stringify(body) };
}

export async function post<T>(path: string, body: unknown, query: Record<string, string> = {}): Promise<T> {
  return json<T>(await send('POST', path, query, withBody(body)));
}

/** @param revision the one the change is based on; 0 to create; left out where there is none. */
export async function put<T>(path: string, body: unknown, revision?: number): Promise<T> {
  return json<T>(await send('PUT', path, {}, withBody(body, revision)));
}

export async function remove(path: string, revision: number): Promise<void> {
  await send('DELETE', path, {}, { headers: { 'If-Match': `"${revision}"`, 'Content-Type': 'application/json' } });
}

/** Of things that have no revision. */
export async function drop<T = void>(path: string, query: Record<string, string> = {}): Promise<T> {
  return json<T>(await send('DELETE', path, query, {}));
}

export const UPLOAD_MAX = 8 * 1024 * 1024;

export async function upload<T>(method: 'POST' | 'PUT', path: string, file: File, query: Record<string, string> = {}): Promise<T> {
  const headers = { 'Content-Type': 'application/octet-stream', 'X-File-Name': encodeURIComponent(file.name) };
  return json<T>(await send(method, path, query, { headers, body: file }));
}
