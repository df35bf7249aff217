// SPDX-License-Identifier: Apache-2.0
// One situation. What is needed to decide stands above the fold: who was hit, why it is thought so,
// who was told; below it what was found, line by line, and what was done.
import { useEffect, useState } from 'preact/hooks';
import { get, list, part } from '../../api';
import { lang, t, word } from '../../i18n';
import { formatTime } from '../../lib/format';
import { Chip, ErrorPanel, Loading, Section, Table } from '../../ui/basic';
import { useLoad } from '../../ui/hooks';
import { Icon } from '../../ui/icons';
import { orgName, orgQuery, useHub, useLive, type HubState } from '../context';
import { Head } from '../head';
import { isLate, strongest } from '../logic';
import { CertaintyChip, headline, SeverityChip, StateChip, titleOf, When } from '../parts';
import { hubTo } from '../route';
import { reasonWords } from '../said';
import type { Alert, Finding, Situation, SituationEvent } from '../types';
import { Actions, Merge, Split } from './situation_actions';
import { CasesOf } from './cases';
import { RecordsDrawer } from './records';
import { Timeline } from './timeline';
import { Told } from './told';

const FIRST_ROWS = 30;
const FIRST_ROWS_PHONE = 8;
const PHONE = '(max-width: 44rem)';

export function SituationPage({ id }: { id: string }) {
  const hub = useHub();
  const isAnalyst = hub.role === 'analyst';
  const org = isAnalyst ? {} : orgQuery(hub);
  const path = `/situations/${part(id)}`;
  const load = useLive<Situation>(`situation ${id} ${hub.org ?? ''}`, () => get<Situation>(path, org));
  const alerts = useLive<Alert[]>(`alerts ${id} ${hub.org ?? ''}`, async () => (await list<Alert>(`${path}/alerts`, org)).items);
  const events = useLive<SituationEvent[]>(`events ${id}`, async () => (isAnalyst ? (await list<SituationEvent>(`${path}/events`)).items : []));
  const s = load.data;
  useEffect(() => {
    if (s) document.title = `${headline(s)} – ${t('brand.name')}`;
  }, [s, lang()]);
  if (load.error && !s) return <><Head title={t('hub.situation')} /><ErrorPanel error={load.error} retry={load.reload} /></>;
  if (!s) return <><h1 class="sr">{t('hub.situation')}</h1><Loading /></>;
  return (
    <>
      <Head title={headline(s)} over={
        <>
          <a href={hubTo('board')}>{word('hub.page', 'board')}</a>
          {s.number !== undefined && <span>{t('hub.number', { n: s.number })}</span>}
          <SeverityChip level={s.severity} /><StateChip state={s.state} /><CertaintyChip certainty={s.certainty} />
          {isLate(s, Date.now()) && <Chip tone="not_met" icon="clock">{t('hub.late')}</Chip>}
        </>
      } />
      <div class="glance">
        <WhoHit s={s} />
        <Reasons s={s} alerts={alerts.data} />
        <Told s={s} />
      </div>
      {isAnalyst && <Actions s={s} onChange={(next) => { load.set({ ...s, ...next }); hub.touched(); }} />}
      <Section title={t('hub.timeline')} icon="clock">
        <p class="soft">{t('hub.span', { from: formatTime(s.first, lang()), to: formatTime(s.last, lang()) })}</p>
        {alerts.data && <Timeline alerts={alerts.data} />}
      </Section>
      {alerts.error && <ErrorPanel error={alerts.error} retry={alerts.reload} />}
      {!alerts.data && !alerts.error && <Loading />}
      {alerts.data && <Alerts alerts={alerts.data} s={s} onChange={() => { load.reload(); hub.touched(); }} />}
      {isAnalyst && <CasesOf situation={s.id} />}
      {isAnalyst && <Events events={events.data ?? []} s={s} onChange={() => { load.reload(); hub.touched(); }} />}
    </>
  );
}

function WhoHit({ s }: { s: Situation }) {
  const hub = useHub();
  return (
    <Section title={t('hub.who_hit')} icon="building" class="card">
      <ul class="hit-list">
        {s.parts ? s.parts.map((p) => (
          <li>
            <a class="hit-name" href={hubTo('orgs', p.org)}>{orgName(hub, p.org)}</a>
            <span class="soft small">{t('hub.hit_counts', { alerts: p.alerts })}{p.outcome === 'possible' && <> ・ <strong class="warn-ink">{word('hub.outcome', 'possible')}</strong></>}</span>
          </li>
        )) : <li><span class="hit-name">{hub.org ? orgName(hub, hub.org) : t('hub.own_org')}</span><span class="soft small">{t('hub.hit_counts', { alerts: s.alerts })}</span></li>}
      </ul>
      <dl class="dl dl-tight">
        <dt>{t('hub.first')}</dt><dd><When time={s.first} /></dd>
        <dt>{t('hub.last')}</dt><dd><When time={s.last} /></dd>
        <dt>{t('hub.certainty')}</dt><dd>{word('hub.certainty', s.certainty)}{s.certainty_source && s.certainty !== 'machine' && <> ・ {sourceName(s.certainty_source, hub)}</>}</dd>
        <dt>{t('hub.urgency')}</dt><dd>{word('hub.urgency', s.urgency)}</dd>
      </dl>
    </Section>
  );
}

function sourceName(source: string, hub: HubState): string {
  if (!source.startsWith('person:')) return source;
  return source === `person:${hub.session.person?.id ?? ''}` ? hub.session.name : t('hub.an_analyst');
}

function Reasons({ s, alerts }: { s: Situation; alerts: Alert[] | null }) {
  const hub = useHub();
  const top = alerts ? strongest(alerts) : [];
  const said = useLoad<Map<string, Finding>>(`reasons ${top.map((a) => a.finding).join(' ')}`, async () => {
    const found = await Promise.all(top.map((a) => get<Finding>(`/findings/${part(a.finding)}`, { org: a.org }).catch(() => null)));
    return new Map(found.filter((f): f is Finding => f !== null).map((f) => [f.id, f]));
  });
  return (
    <Section title={t('hub.reasons')} icon="question" class="card">
      {alerts && top.length === 0 && <p class="soft">{t('hub.no_reasons')}</p>}
      <ol class="reasons">
        {top.map((a) => (
          <li>
            <p class="reason-title">{titleOf(a)}</p>
            <p class="small soft">{who(a)} ・ {orgName(hub, a.org)} ・ {word('hub.outcome', a.outcome)}</p>
            {said.data?.get(a.finding)?.reason && <p class="small reason-said">{reasonWords(said.data.get(a.finding)?.reason ?? '')}</p>}
          </li>
        ))}
      </ol>
      <p class="small soft">{t('hub.tied_by', { reason: s.reason })}</p>
    </Section>
  );
}

function who(a: Alert): string {
  if (a.actor && a.target) return `${a.actor} → ${a.target}`;
  return a.actor ?? a.target ?? a.log;
}

function Alerts({ alerts, s, onChange }: { alerts: Alert[]; s: Situation; onChange: () => void }) {
  const hub = useHub();
  const [all, setAll] = useState(false);
  const [opened, setOpened] = useState<Alert | null>(null);
  const [chosen, setChosen] = useState<Set<string> | null>(null); // null: nothing is being split
  const sorted = [...alerts].sort((a, b) => a.first.localeCompare(b.first));
  const shown = all ? sorted : sorted.slice(0, matchMedia(PHONE).matches ? FIRST_ROWS_PHONE : FIRST_ROWS);
  const removed = alerts.filter((a) => a.removed_by).length;
  const toggle = (id: string) => {
    const next = new Set(chosen ?? []);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <Section title={t('hub.findings_n', { n: alerts.length })} icon="list" aside={hub.role === 'analyst' ? <Split s={s} chosen={chosen} setChosen={setChosen} onChange={onChange} total={alerts.length} /> : undefined}>
      {removed > 0 && <p class="hint">{t('hub.removed_n', { n: removed })}</p>}
      <Table caption={t('hub.findings')} rows={shown} rowKey={(a) => a.finding} columns={[
        ...(chosen ? [{ head: t('hub.choose'), cell: (a: Alert) => <input type="checkbox" class="pick" aria-label={t('hub.choose_this', { title: titleOf(a) })} checked={chosen.has(a.finding)} onChange={() => toggle(a.finding)} /> }] : []),
        { head: t('hub.col_time'), cell: (a) => <time dateTime={a.first}>{formatTime(a.first, lang())}</time> },
        {
          head: t('hub.col_finding'), isMain: true, cell: (a) => (
            <>
              {titleOf(a)}
              <p class="hint">{who(a)}</p>
              {a.removed_by && <p class="hint"><Icon name="out" size={14} /> {t('hub.removed_as', { step: word('hub.step', a.removed_by), why: a.removed_why ?? '' })}</p>}
            </>
          ),
        },
        ...(s.parts && s.parts.length > 1 ? [{ head: t('hub.col_org'), cell: (a: Alert) => orgName(hub, a.org) }] : []),
        { head: t('hub.col_level'), cell: (a) => <><SeverityChip level={a.level} /><p class="hint">{word('hub.outcome', a.outcome)}</p></> },
        { head: t('hub.col_count'), isNumber: true, cell: (a) => a.count },
        { head: t('hub.col_judged'), cell: (a) => (a.judged ? <>{word('hub.judged', a.judged)}{a.judged_at && <p class="hint"><When time={a.judged_at} /></p>}</> : t('hub.not_judged')) },
        { head: t('hub.col_records'), cell: (a) => <button type="button" class="button plain small-button" aria-label={t('hub.open_records_of', { title: titleOf(a) })} onClick={() => setOpened(a)}>{t('hub.open_records')}</button> },
      ]} />
      {sorted.length > shown.length && <p class="row more"><button type="button" class="button plain" onClick={() => setAll(true)}>{t('hub.show_all', { n: sorted.length })}</button></p>}
      {opened && <RecordsDrawer alert={opened} onClose={() => setOpened(null)} />}
    </Section>
  );
}

function eventText(e: SituationEvent): string {
  switch (e.what) {
    case 'state': return t('hub.event_state', { from: word('hub.state', e.from ?? ''), to: word('hub.state', e.to ?? '') });
    case 'certainty': return t('hub.event_certainty', { to: word('hub.certainty', e.to ?? '') });
    case 'assigned': return e.to ? t('hub.event_assigned', { to: e.to }) : t('hub.event_unassigned');
    case 'due': return e.due ? t('hub.event_due', { to: formatTime(e.due, lang()) }) : t('hub.event_no_due');
    case 'comment': return t('hub.event_comment');
    default: return e.other === null ? word('hub.event', e.what) : t('hub.event_other', { what: word('hub.event', e.what), n: e.other });
  }
}

function Events({ events, s, onChange }: { events: SituationEvent[]; s: Situation; onChange: () => void }) {
  const hub = useHub();
  const name = (actor: string) => (actor.startsWith('person:') ? sourceName(actor, hub) : t('hub.machine'));
  return (
    <Section title={t('hub.history')} icon="history" aside={<Merge s={s} events={events} onChange={onChange} />}>
      <ol class="events">
        {[...events].reverse().map((e) => (
          <li>
            <p><time dateTime={e.time}>{formatTime(e.time, lang())}</time> ・ <span class="soft">{name(e.actor)}</span></p>
            <p class="event-what">{eventText(e)}</p>
            {e.text && <p class="pre">{e.text}</p>}
          </li>
        ))}
      </ol>
    </Section>
  );
}

