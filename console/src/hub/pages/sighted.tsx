// SPDX-License-Identifier: Apache-2.0
// What a warning's indicators hit at its recipient, and how far back was looked. Not looked at is never "nothing found".
import { lang, t, word } from '../../i18n';
import { formatTime } from '../../lib/format';
import { Section } from '../../ui/basic';
import { refusalWords } from '../said';
import type { AtHome, Sighted, Sightings } from '../types';

function times(s: Pick<Sighted, 'count' | 'first' | 'last'>): string {
  if (s.count === 0 || !s.first || !s.last) return t('hub.sighted_none');
  return t('hub.sighted_times', { n: s.count, first: formatTime(s.first, lang()), last: formatTime(s.last, lang()) });
}

function back(s: Sightings): string {
  const look = s.looked_back;
  if (look.state !== 'done') return word('hub.look', look.state);
  const span = t('hub.look_done', { from: look.from ? formatTime(look.from, lang()) : '', to: look.to ? formatTime(look.to, lang()) : '' });
  return `${span} ${times(s.archive)}`;
}

/** Archives that stay with the member: what its sensors looked at there, and what not. */
function Home({ h }: { h: AtHome }) {
  const looked = h.sensors - h.none;
  return (
    <>
      {looked > 0 && <p>{t('hub.home_done', { n: looked, from: h.from ? formatTime(h.from, lang()) : '', to: h.to ? formatTime(h.to, lang()) : '' })} {times(h)}</p>}
      {h.none > 0 && <p>{t('hub.home_none', { n: h.none })}</p>}
      {h.gaps > 0 && <p class="hint">{t('hub.home_gaps', { n: h.gaps })}</p>}
      {h.items && h.items.length > 1 && <ul class="plain-list">{h.items.map((i) => <li>{t('hub.home_one', { sensor: i.sensor, what: i.state === 'none' ? t('hub.home_one_none') : times(i) })}</li>)}</ul>}
    </>
  );
}

export function SightedSection({ s, isOwn }: { s: Sightings; isOwn: boolean }) {
  const { taken, waiting, refused, items } = s.sensors;
  const sensors = taken + waiting + refused;
  return (
    <Section title={t(isOwn ? 'hub.sighted' : 'hub.sighted_theirs')} icon="search" class="card">
      <p class="soft">{s.state === 'over' ? t('hub.sighted_over') : t('hub.sighted_lead', { n: s.indicators, until: s.until ? formatTime(s.until, lang()) : '' })}</p>
      <dl class="dl">
        <dt>{t('hub.sighted_new')}</dt><dd>{times(s.new)}</dd>
        {(s.looked_back.state !== 'none' || !s.at_home) && <><dt>{t('hub.sighted_back')}</dt><dd>{back(s)}</dd></>}
        {s.at_home && <><dt>{t('hub.home_head')}</dt><dd><Home h={s.at_home} /></dd></>}
        {sensors > 0 && <><dt>{t('hub.sighted_sensors')}</dt><dd>{t('hub.sighted_taken', { n: taken, all: sensors })}{(items ?? []).filter((i) => i.state === 'refused').map((i) => <p class="hint">{t('hub.sighted_refused', { sensor: i.sensor, why: refusalWords(i.detail) })}</p>)}</dd></>}
      </dl>
    </Section>
  );
}
