// SPDX-License-Identifier: Apache-2.0
// One look: where the assessment stands, what is due, what to do next.
import type { ComponentChildren } from 'preact';
import { list, part } from '../api';
import { PageHead } from '../app';
import { t, word } from '../i18n';
import { to } from '../lib/route';
import type { Evidence, Expert, Line, NextStep, OfficialResult } from '../types';
import { ErrorPanel, Empty, LinkButton, Loading, Scale, Section, StateChip } from '../ui/basic';
import { useHead, useLoad } from '../ui/hooks';
import { Icon, type IconName } from '../ui/icons';
import { CountBar, Timeline, type Due } from '../ui/pictures';
import { levelIcon } from './start';

export function LevelState({ go }: { go?: ComponentChildren }) {
  const head = useHead();
  const c = head.counts;
  const left = [
    c.open > 0 ? t('level.open', { n: c.open }) : '',
    c.partly > 0 ? t('level.partly', { n: c.partly }) : '',
    c.not_met > 0 ? t('level.not_met', { n: c.not_met }) : '',
    c.stale > 0 ? t('level.stale', { n: c.stale }) : '',
    c.contradicted > 0 ? t('level.contradicted', { n: c.contradicted }) : '',
    head.practice ? t('level.practice') : '',
  ].filter(Boolean);
  return (
    <div class={`level level-${head.level_state.replace(' ', '-')}`}>
      <span class="level-icon"><Icon name={levelIcon(head.level_state)} size={30} /></span>
      <div>
        <p class="level-text">{head.level_text}</p>
        <p>{left.length > 0 ? t('level.left', { what: left.join(t('common.comma')) }) : word('level.state', head.level_state)}</p>
        <p class="small soft">{t('foot.star')}</p>
      </div>
      {go && <div class="level-go no-print">{go}</div>}
    </div>
  );
}

export function duesOf(id: string, lines: Line[], evidence: Evidence[], experts: Expert[], results: OfficialResult[]): Due[] {
  const dues: Due[] = [];
  for (const e of evidence) {
    if (e.expires) dues.push({ day: e.expires, title: t('due.evidence', { title: e.title }), href: e.criteria[0] ? to(id, 'criteria', e.criteria[0]) : undefined });
  }
  const days = new Set(evidence.map((e) => e.expires));
  for (const line of lines) {
    // A criterion whose day is that of an evidence record is already on the list.
    if (line.review_due && !days.has(line.review_due)) dues.push({ day: line.review_due, title: t('due.review', { id: line.id, title: line.title }), href: to(id, 'criteria', line.id) });
  }
  for (const e of experts) {
    if (e.until && !e.ended) dues.push({ day: e.until, title: t('due.expert', { name: e.name }), href: to(id, 'desk') });
    if (e.registration_expires && !e.ended) dues.push({ day: e.registration_expires, title: t('due.registration', { name: e.name }), href: to(id, 'desk') });
  }
  for (const r of results) if (r.valid_to) dues.push({ day: r.valid_to, title: t('due.result', { number: r.number }), href: to(id, 'official') });
  return dues;
}

function Step({ n, icon, title, text, href, isDone, go }: { n: number; icon: IconName; title: string; text: string; href: string; isDone: boolean; go: string }) {
  return (
    <li class={isDone ? 'done' : ''}>
      <span class="step-n" aria-hidden="true">{isDone ? <Icon name="check" /> : n}</span>
      <div>
        <p class="step-title"><Icon name={icon} /> {title}{isDone && <span class="soft"> · {t('common.done')}</span>}</p>
        <p>{text}</p>
        <a href={href}>{go}</a>
      </div>
    </li>
  );
}

export function Overview() {
  const head = useHead();
  const base = `/assessments/${part(head.id)}`;
  const load = useLoad(`overview ${head.id} ${head.revision}`, async () => {
    const [next, lines, evidence, experts, results] = await Promise.all([
      list<NextStep>(`${base}/next`, { limit: '3' }), list<Line>(`${base}/criteria`), list<Evidence>(`${base}/evidence`),
      list<Expert>(`${base}/experts`), list<OfficialResult>(`${base}/official-results`),
    ]);
    return { next: next.items.slice(0, 3), dues: duesOf(head.id, lines.items, evidence.items, experts.items, results.items), hasExpert: experts.items.some((e) => !e.ended) };
  });
  const c = head.counts;
  return (
    <>
      <PageHead title={head.organisation.name} over={t('overview.over', { framework: head.framework.title, level: head.level.name })} />
      <LevelState go={<LinkButton kind="primary" href={head.scope_ready ? to(head.id, 'criteria') : to(head.id, 'scope')} icon={head.scope_ready ? 'pen' : 'frame'}>{t(head.scope_ready ? 'overview.go_answer' : 'overview.go_scope')}</LinkButton>} />
      <Section class="countcard"  title={t('overview.counts', { n: c.criteria })} icon="list" aside={<a href={to(head.id, 'criteria')}>{t('overview.all')}</a>}>
        <CountBar counts={c} link={(state) => to(head.id, 'criteria', undefined, { state })} />
        <ul class="facts-row">
          <li><Icon name="eye" /> <a href={to(head.id, 'criteria', undefined, { observed: 'supports' })}>{t('overview.supported', { n: c.supported })}</a></li>
          <li><Icon name="swap" /> <a href={to(head.id, 'contradictions')}>{t('overview.contradicted', { n: c.contradicted })}</a></li>
          <li><Icon name="clock" /> <a href={to(head.id, 'criteria', undefined, { observed: 'stale' })}>{t('overview.stale', { n: c.stale })}</a></li>
          <li><Icon name="seal" /> <a href={to(head.id, 'desk')}>{t('overview.confirmed', { n: c.confirmed })}</a></li>
          {c.returned > 0 && <li><Icon name="return" /> <a href={to(head.id, 'criteria', undefined, { confirmation: 'returned' })}>{t('overview.returned', { n: c.returned })}</a></li>}
        </ul>
      </Section>
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {load.data && (
        <div class="two">
          <Section title={t('overview.way')} icon="steps">
            <ol class="steps">
              <Step n={1} icon="frame" title={t('page.scope')} text={t('overview.way_scope')} href={to(head.id, 'scope')} go={t('overview.go_scope')} isDone={head.scope_ready} />
              <Step n={2} icon="pen" title={t('page.criteria')} text={t('overview.way_answer')} href={to(head.id, 'criteria')} go={t('overview.go_answer')} isDone={c.open === 0} />
              <Step n={3} icon="book" title={t('page.official')} text={t('overview.way_official')} href={to(head.id, 'official')} go={t('overview.go_official')} isDone={!head.practice} />
              <Step n={4} icon="person" title={t('page.desk')} text={t('overview.way_expert')} href={to(head.id, 'desk')} go={t('overview.go_expert')} isDone={c.confirmed === c.criteria && c.criteria > 0} />
              <Step n={5} icon="report" title={t('page.reports')} text={t('overview.way_report')} href={to(head.id, 'reports')} go={t('overview.go_report')} isDone={false} />
            </ol>
          </Section>
          <div>
            <Section title={t('overview.next')} icon="steps" aside={<a href={to(head.id, 'next')}>{t('overview.all_next')}</a>}>
              {load.data.next.length === 0 ? <Empty title={t('next.none')} icon="check" /> : (
                <ul class="next-short">
                  {load.data.next.map((n) => (
                    <li>
                      <a href={to(head.id, 'criteria', n.id)}>{n.title}</a>
                      <span class="row tight"><StateChip line={{ state: n.state, observed: 'none', stale: false, evidence: 0 }} /><Scale label={t('next.effect')} value={n.effect} /><Scale label={t('next.effort')} value={n.effort} /></span>
                    </li>
                  ))}
                </ul>
              )}
            </Section>
            <Section title={t('overview.due')} icon="clock">
              {load.data.dues.length === 0 ? <Empty title={t('due.none')} icon="clock"><p>{t('due.none_text')}</p></Empty> : <Timeline dues={load.data.dues} />}
            </Section>
          </div>
        </div>
      )}
    </>
  );
}
