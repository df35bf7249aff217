// SPDX-License-Identifier: Apache-2.0
// Both languages have the same keys (the compiler sees to it); Japanese comes first.
import type { Lang } from '../lib/format';
import { en } from './en';
import { ja } from './ja';

export type Key = keyof typeof ja;
export type { Lang };

const TEXTS: Record<Lang, Record<Key, string>> = { ja, en };
const STORED = 'yagura.lang';

let current: Lang = 'ja';

export function lang(): Lang {
  return current;
}

/** The language chosen on this machine, else the one in the address (?lang=), else Japanese. */
export function startLang(): Lang {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(STORED);
  } catch {
    // Storage may be switched off: the choice then lasts until the page is closed.
  }
  const asked = new URLSearchParams(location.search).get('lang');
  const wanted = asked ?? stored;
  applyLang(wanted === 'en' ? 'en' : 'ja');
  return current;
}

export function applyLang(to: Lang): void {
  current = to;
  document.documentElement.lang = to;
}

export function setLang(to: Lang): void {
  applyLang(to);
  try {
    localStorage.setItem(STORED, to);
  } catch {
    // As above.
  }
}

export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

export function t(key: Key, values: Record<string, string | number> = {}): string {
  return fill(TEXTS[current][key], values);
}

/** A text whose key is put together from a word of the API; the word itself where there is none. */
export function word(prefix: string, name: string): string {
  const key = `${prefix}.${name}`;
  return key in ja ? TEXTS[current][key as Key] : name;
}
