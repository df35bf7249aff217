// SPDX-License-Identifier: Apache-2.0
// Places and values of a notice in the language of the pages.
import { lang, word } from '../i18n';
import { formatTime } from '../lib/format';

/** A path in a notice as words where there are some. */
export function pathWords(path: string): string {
  const name = path.replace(/\[\d+\]/g, '').replace(/\.(en|ja)$/, '');
  const known = word('hub.notice', name);
  return known === name ? path : `${known}${/\.(en|ja)$/.exec(path)?.[1] === 'en' ? ' (en)' : ''}`;
}

/** Words of the notice's form in the language of the pages. */
export function valueWords(path: string, value: string): string {
  if (path === 'tlp' || path === 'pap') return `${path.toUpperCase()}:${value.toUpperCase()}`;
  if (path.endsWith('attack.field')) return word('hub.field', value);
  if (/indicators\[\d+\]\.type$/.test(path)) return word('hub.indicator', value);
  if (/targets\[\d+\]\.type$/.test(path)) return word('hub.target', value);
  for (const [end, prefix] of [['certainty.level', 'hub.certainty'], ['attack.outcome', 'hub.outcome'], ['.level', 'hub.level'], ['kind', 'hub.kind']] as const) {
    if (path.endsWith(end)) return word(prefix, value);
  }
  return /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value) ? formatTime(value, lang()) : value;
}
