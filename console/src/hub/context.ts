// SPDX-License-Identifier: Apache-2.0
import { createContext } from 'preact';
import { useContext, useEffect } from 'preact/hooks';
import { lang, t } from '../i18n';
import { formatTime } from '../lib/format';
import { useLoad, type Loaded } from '../ui/hooks';
import { age } from './logic';
import type { HubSession, Org, Role } from './types';

export interface HubState {
  session: HubSession;
  reloadSession: () => void;
  role: Role;
  orgs: Org[];
  org: string | null; // the one that is looked at; null: all that is reached
  setOrg: (org: string | null) => void;
  say: (text: string) => void; // to the live region
  turn: number; // one more with each piece of news
  touched: () => void; // something was changed here
}

export const HubContext = createContext<HubState | null>(null);

export function useHub(): HubState {
  const hub = useContext(HubContext);
  if (!hub) throw new Error('outside of the hub');
  return hub;
}

/** As useLoad, and again with each piece of news; what is shown stays until the new is there. */
export function useLive<T>(key: string, fetchIt: () => Promise<T>): Loaded<T> {
  const { turn } = useHub();
  const load = useLoad(key, fetchIt);
  useEffect(() => {
    if (turn > 0) load.reload();
  }, [turn]);
  return load;
}

/** `org=` where somebody reaches several and looks at one. */
export function orgQuery(hub: HubState): Record<string, string> {
  return hub.org ? { org: hub.org } : {};
}

export function orgName(hub: HubState, id: string): string {
  return hub.orgs.find((o) => o.id === id)?.name || id;
}

/** "3 hours ago"; what is older than a month by its day. */
export function ageText(time: string): string {
  const { n, unit } = age(time, Date.now());
  if (unit === 'day' && n > 31) return formatTime(time, lang());
  if (unit === 'minute' && n === 0) return t('hub.now');
  return new Intl.RelativeTimeFormat(lang() === 'ja' ? 'ja' : 'en', { numeric: 'always' }).format(-n, unit);
}
