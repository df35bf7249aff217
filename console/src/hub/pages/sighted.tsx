// SPDX-License-Identifier: Apache-2.0
// What a warning's indicators hit at its recipient, and how far back was looked. Not looked at is never "nothing found".
import { lang, t, word } from '../../i18n';
import { formatTime } from '../../lib/format';
import { Section } from '../../ui/basic';
import type { Sighted, Sightings } from '../types';

function times(s: Sighted): string {
  if (s.count === 0 || !s.first || !s.last) return t('hub.sighted_none');
  return t('hub.sighted_times', { n: s.count, first: formatTime(s.first, lang()), last: formatTime(s.last, lang()) });
}

function back(s: Sightings): string {
  const look = s.looked_back;
  if (look.state !== 'done') return word('hub.look', look.state);
  const span = t('hub.look_done', { from: look.from ? formatTime(look.from, lang()) : '', to: look.to ? formatTime(look.to, lang()) : '' });
  return `${span} ${times(s.archive)}`;
}

export function SightedSection({ s, isOwn }: { s: Sightings; isOwn: boolean }) {
  const { taken, waiting, refused, items } = s.sensors;
  const sensors = taken + waiting + refused;
  return (
    <Section title={t(isOwn ? 'hub.sighted' : 'hub.sighted_theirs')} icon="search" class="card">
      <p class="soft">{s.state === 'over' ? t('hub.sighted_over') : t('hub.sighted_lead', { n: s.indicators, until: s.until ? formatTime(s.until, lang()) : '' })}</p>
      <dl class="dl">
        <dt>{t('hub.sighted_new')}</dt><dd>{times(s.new)}</dd>
        <dt>{t('hub.sighted_back')}</dt><dd>{back(s)}</dd>
        {sensors > 0 && <><dt>{t('hub.sighted_sensors')}</dt><dd>{t('hub.sighted_taken', { n: taken, all: sensors })}{(items ?? []).filter((i) => i.state === 'refused').map((i) => <p class="hint">{t('hub.sighted_refused', { sensor: i.sensor, why: i.detail })}</p>)}</dd></>}
      </dl>
    </Section>
  );
}
