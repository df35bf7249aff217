// SPDX-License-Identifier: Apache-2.0
// Addresses of the pages. They stand behind '#', because ids of criteria may hold dots and must not
// look like file names to the server.

export interface Route {
  assessment: string | null;
  page: string; // 'start', 'overview', 'scope', …
  item: string | null; // a criterion
  query: URLSearchParams;
}

export const PAGES = [
  'overview', 'scope', 'criteria', 'next', 'contradictions', 'facts', 'desk', 'reports', 'official', 'exchange', 'history',
] as const;
export type Page = (typeof PAGES)[number];

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  const parts = path.split('/').filter(Boolean).map((p) => {
    try {
      return decodeURIComponent(p);
    } catch {
      return p;
    }
  });
  const route: Route = { assessment: null, page: 'start', item: null, query: new URLSearchParams(query) };
  if (parts.length === 0) return route;
  if (parts[0] !== 'a' || !parts[1]) return { ...route, page: 'unknown' };
  const page = parts[2] ?? 'overview';
  if (!(PAGES as readonly string[]).includes(page) || parts.length > 4) return { ...route, page: 'unknown' };
  if (parts[3] && page !== 'criteria') return { ...route, page: 'unknown' };
  return { ...route, assessment: parts[1], page, item: parts[3] ?? null };
}

export function to(assessment: string, page: Page = 'overview', item?: string, query: Record<string, string> = {}): string {
  const path = ['a', assessment, ...(page === 'overview' && !item ? [] : [page]), ...(item ? [item] : [])];
  const words = new URLSearchParams(Object.entries(query).filter(([, v]) => v !== '')).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${words ? `?${words}` : ''}`;
}
