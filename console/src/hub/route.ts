// SPDX-License-Identifier: Apache-2.0
// Addresses of the hub's pages, behind '#' as those of the assessment.
export const HUB_PAGES = ['board', 'situations', 'funnel', 'mine', 'warnings', 'plans', 'questions', 'reports', 'orgs', 'relations', 'cases', 'tree', 'drills', 'provisions', 'feeds', 'account', 'invitation'] as const;
export type HubPage = (typeof HUB_PAGES)[number];

export interface HubRoute {
  page: HubPage | 'home' | 'unknown';
  item: string | null;
  query: URLSearchParams;
}

const WITH_ITEM: readonly string[] = ['situations', 'orgs', 'invitation', 'warnings', 'plans', 'questions', 'cases', 'reports', 'drills', 'provisions'];
const ONLY_ITEM: readonly string[] = ['situations', 'invitation', 'plans', 'questions'];

export function parseHubRoute(hash: string): HubRoute {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  const parts = path.split('/').filter(Boolean).map((p) => {
    try {
      return decodeURIComponent(p);
    } catch {
      return p;
    }
  });
  const route: HubRoute = { page: 'home', item: null, query: new URLSearchParams(query) };
  const [page, item] = parts;
  if (!page) return route;
  if (!(HUB_PAGES as readonly string[]).includes(page) || parts.length > 2) return { ...route, page: 'unknown' };
  if (item && !WITH_ITEM.includes(page)) return { ...route, page: 'unknown' };
  if (!item && ONLY_ITEM.includes(page)) return { ...route, page: 'unknown' };
  return { ...route, page: page as HubPage, item: item ?? null };
}

export function hubTo(page: HubPage, item?: string, query: Record<string, string> = {}): string {
  const words = new URLSearchParams(Object.entries(query).filter(([, v]) => v !== '')).toString();
  return `#/${[page, ...(item ? [item] : [])].map(encodeURIComponent).join('/')}${words ? `?${words}` : ''}`;
}
