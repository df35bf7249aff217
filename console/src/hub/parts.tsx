// SPDX-License-Identifier: Apache-2.0
// Chips and words of situations, on every page the same.
import type { ComponentChildren } from 'preact';
import { lang, t, word } from '../i18n';
import { formatTime } from '../lib/format';
import { Chip } from '../ui/basic';
import type { IconName } from '../ui/icons';
import { ageText } from './context';
import type { Alert, Certainty, Finding, Level, Situation, State } from './types';

const SEVERITY: Record<Level, [string, IconName]> = {
  critical: ['critical', 'warn'], high: ['not_met', 'warn'], medium: ['partly', 'half'], low: ['na', 'dash'], informational: ['na', 'dash'],
};
const STATE: Record<State, [string, IconName]> = {
  new: ['open', 'ring'], check: ['declared', 'search'], noise: ['na', 'out'], confirmed: ['not_met', 'warn'],
  notified: ['partly', 'speech'], acknowledged: ['declared', 'eye'], resolved: ['evidenced', 'check'],
};
const CERTAINTY: Record<Certainty, [string, IconName]> = { machine: ['na', 'question'], analyst: ['declared', 'eye'], confirmed: ['evidenced', 'seal'] };

export function SeverityChip({ level }: { level: Level }) {
  const [tone, icon] = SEVERITY[level];
  return <Chip tone={tone} icon={icon}>{word('hub.level', level)}</Chip>;
}

export function StateChip({ state }: { state: State }) {
  const [tone, icon] = STATE[state];
  return <Chip tone={tone} icon={icon}>{word('hub.state', state)}</Chip>;
}

export function CertaintyChip({ certainty }: { certainty: Certainty }) {
  const [tone, icon] = CERTAINTY[certainty];
  return <Chip tone={tone} icon={icon}>{word('hub.certainty', certainty)}</Chip>;
}

/** What a situation is about, in one line. */
export function headline(s: Situation): string {
  const key = s.key ?? '';
  switch (s.tie) {
    case 'address': return t('hub.head.address', { key });
    case 'entity': return t('hub.head.entity', { key });
    case 'indicator': return t('hub.head.indicator', { key });
    case 'pattern': return t('hub.head.pattern', { key });
    case 'people': return t('hub.head.people');
    default: return key ? t('hub.head.single_key', { key }) : t('hub.head.single');
  }
}

export function titleOf(a: Pick<Alert | Finding, 'title' | 'title_ja'>): string {
  return lang() === 'ja' && a.title_ja ? a.title_ja : a.title;
}

/** A moment with how long ago it was. */
export function When({ time }: { time: string }): ComponentChildren {
  return <time dateTime={time} title={formatTime(time, lang())}>{ageText(time)}</time>;
}
