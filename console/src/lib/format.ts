// SPDX-License-Identifier: Apache-2.0
// Days, times and sizes as people read them. Days are never shifted by a time zone.
import type { Day } from '../types';

export type Lang = 'ja' | 'en';

const DAY_MS = 86_400_000;

export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 10) === text;
}

/** Today where the person sits. */
export function today(now: Date = new Date()): Day {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

export function daysBetween(from: Day, to: Day): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

export function addDays(day: Day, days: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

export function addMonths(day: Day, months: number): Day {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  const first = new Date(Date.UTC(year, month - 1 + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(date, last));
  return first.toISOString().slice(0, 10);
}

export function formatDay(day: Day | null | undefined, lang: Lang): string {
  if (!day || !isDay(day)) return day ?? '';
  const [y, m, d] = day.split('-').map(Number) as [number, number, number];
  if (lang === 'ja') return `${y}年${m}月${d}日`;
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(
    Date.UTC(y, m - 1, d),
  );
}

/** The zone that times are shown in: a hub's, once it is known; else that of the person's machine. */
let zone: string | undefined;

export function setTimeZone(name: string | undefined): void {
  zone = undefined;
  if (!name) return;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    zone = name;
  } catch {
    // A browser that does not know it (an offset, say) shows its own, and says which.
  }
}

export function timeZone(): string | undefined {
  return zone;
}

/** The day that it is there now; without a zone that of the person's machine. */
export function todayThere(now: Date = new Date()): Day {
  if (!zone) return today(now);
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(now);
  const of = (type: string) => parts.find((p) => p.type === type)?.value ?? '';
  return `${of('year')}-${of('month')}-${of('day')}`;
}

/** A moment in that zone, which stands beside it. */
export function formatTime(time: string, lang: Lang): string {
  const ms = Date.parse(time.replace(/(\.\d{3})\d+/, '$1')); // not every reader takes nanoseconds
  if (Number.isNaN(ms)) return time;
  return new Intl.DateTimeFormat(lang === 'ja' ? 'ja-JP' : 'en-GB', {
    year: 'numeric', month: lang === 'ja' ? '2-digit' : 'short', day: lang === 'ja' ? '2-digit' : 'numeric', hour: '2-digit', minute: '2-digit',
    timeZone: zone, timeZoneName: 'short',
  }).format(ms);
}

export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(bytes < 10240 ? 1 : 0)} kB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** An ISO 8601 period of one unit ("P1Y", "P6M", "P14D"), or null. */
export function periodParts(period: string | null | undefined): { n: number; unit: 'years' | 'months' | 'days' } | null {
  const match = /^P(\d{1,4})([YMWD])$/.exec(period ?? '');
  if (!match) return null;
  const n = Number(match[1]);
  switch (match[2]) {
    case 'Y': return { n, unit: 'years' };
    case 'M': return { n, unit: 'months' };
    case 'W': return { n: n * 7, unit: 'days' };
    default: return { n, unit: 'days' };
  }
}
