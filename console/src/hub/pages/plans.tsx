// SPDX-License-Identifier: Apache-2.0
// For analysts: plans of whom to warn, what each would read, the approval, and what came back.
import { useState } from 'preact/hooks';
import { address, get, list, part, post } from '../../api';
import { lang, t, word } from '../../i18n';
import { formatTime } from '../../lib/format';
import { AreaField, Button, CheckField, Chip, Choices, Empty, ErrorPanel, LinkButton, Loading, Panel, Section, Table, TextField } from '../../ui/basic';
import { Dialog } from '../../ui/dialog';
import { useAction, useLoad } from '../../ui/hooks';
import type { IconName } from '../../ui/icons';
import { orgName, useHub, useLive, type HubState } from '../context';
import { fixed } from '../fixed';
import { Head } from '../head';
import { compared, duration, receipts } from '../logic';
import { NoticeText } from '../notice_text';
import { pathWords, valueWords } from '../notice_words';
import { When } from '../parts';
import { hubTo } from '../route';
import type { Plan, PlanText, Receipt, Warning, WarningState, WarningTimes } from '../types';
import { AutomaticSection } from './automatic';
import { CorrectDialog } from './correct';
import { PlanGraph } from './plan_graph';
import { PublicationsSection, PublishDialog } from './publish';
import { SightedSection } from './sighted';
import { PlanChip } from './told';

const TONES: Record<WarningState, [string, IconName]> = {
  ready: ['open', 'ring'], waits: ['open', 'ring'], 'needs-consent': ['partly', 'question'], 'needs-approval': ['partly', 'question'], refused: ['na', 'out'],
  released: ['declared', 'forward'], delivered: ['declared', 'speech'], seen: ['declared', 'eye'], acknowledged: ['evidenced', 'check'], acted: ['evidenced', 'seal'],
};

export function WarningChip({ state }: { state: WarningState }) {
  const [tone, icon] = TONES[state] ?? ['na', 'ring'];
  return <Chip tone={tone} icon={icon}>{word('hub.w', state)}</Chip>;
}

function timeText(ms: number | null): string {
  if (ms === null) return t('hub.no_number');
  const { n, unit } = duration(ms);
  return new Intl.NumberFormat(lang() === 'ja' ? 'ja' : 'en', { style: 'unit', unit, unitDisplay: 'long' }).format(n);
}

export function Plans() {
  const hub = useHub();
  const plans = useLive<Plan[]>('plans', async () => (await get<{ items: Plan[] }>('/plans', { limit: '200' })).items);
  const unread = useLive<Warning[]>('unread', async () => (await get<{ items: Warning[] }>('/warnings', { state: 'open', limit: '200' })).items);
  const times = useLive<WarningTimes>('times', () => get<WarningTimes>('/warning-times'));
  const [called, setCalled] = useState<Warning | null>(null);
  return (
    <>
      <Head title={word('hub.page', 'warnings')} lead={t('hub.plans_lead')} />
      {(plans.error ?? unread.error) && <ErrorPanel error={(plans.error ?? unread.error)!} retry={() => { plans.reload(); unread.reload(); }} />}
      {!plans.data && !plans.error && <Loading />}
      {times.data && times.data.warnings > 0 && (
        <ul class="tiles" aria-label={t('hub.times')}>
          {(['notice', 'read', 'act'] as const).map((kind) => (
            <li class="tile"><span class="tile-name">{word('hub.time', kind)}</span><span class="tile-time">{timeText(times.data?.[kind].p50_ms ?? null)}</span><span class="tile-name">{t('hub.p95', { time: timeText(times.data?.[kind].p95_ms ?? null) })}</span></li>
          ))}
        </ul>
      )}
      {unread.data && unread.data.length > 0 && (
        <Section title={t('hub.open_n', { n: unread.data.length })} icon="clock">
          <Table caption={t('hub.open_caption')} rows={unread.data} rowKey={(w) => w.id} columns={[
            { head: t('hub.col_org'), isMain: true, cell: (w) => orgName(hub, w.org ?? '') },
            { head: t('hub.col_warning'), cell: (w) => <a href={hubTo('warnings', w.id)}>{w.number}</a> },
            { head: t('hub.col_state_only'), cell: (w) => <><WarningChip state={w.state} />{w.escalated && <p class="field-error">{t('hub.escalated')}</p>}{!w.escalated && w.reminded && <p class="hint">{t('hub.reminded')}</p>}</> },
            { head: t('hub.col_sent'), cell: (w) => (w.released ? <When time={w.released} /> : '') },
            { head: t('hub.col_do'), cell: (w) => <Button icon="speech" onClick={() => setCalled(w)}>{t('hub.call_note')}</Button> },
          ]} />
        </Section>
      )}
      {plans.data && plans.data.length === 0 && <Empty title={t('hub.plans_none')} icon="speech"><p>{t('hub.plans_none_more')}</p></Empty>}
      {plans.data && plans.data.length > 0 && (
        <Section title={t('hub.plans')} icon="list">
          <Table caption={t('hub.plans')} rows={plans.data} rowKey={(p) => p.id} columns={[
            { head: t('hub.col_number_of'), isMain: true, cell: (p) => <a href={hubTo('plans', p.id)}>{p.number || t('hub.plan_draft')}</a> },
            { head: t('hub.who_hit'), cell: (p) => orgName(hub, p.victim) },
            { head: t('hub.col_state_only'), cell: (p) => <PlanChip plan={p} /> },
            { head: t('hub.col_made'), cell: (p) => <When time={p.made} /> },
          ]} />
        </Section>
      )}
      <AutomaticSection />
      {called && <CallDialog w={called} onClose={() => setCalled(null)} onDone={() => { setCalled(null); hub.say(t('hub.call_noted')); hub.touched(); }} />}
    </>
  );
}

export function CallDialog({ w, onClose, onDone }: { w: Warning; onClose: () => void; onDone: () => void }) {
  const hub = useHub();
  const [result, setResult] = useState('reached');
  const [who, setWho] = useState('');
  const [text, setText] = useState('');
  const [isAcknowledged, setAcknowledged] = useState(false);
  const action = useAction();
  const save = async () => {
    if (!who.trim()) return;
    if (await action.run(() => post(`/warnings/${part(w.id)}/called`, { result, who: who.trim(), text: text || null, acknowledged: result === 'reached' && isAcknowledged }))) onDone();
  };
  return (
    <Dialog title={t('hub.call_title', { org: orgName(hub, w.org ?? '') })} onClose={onClose} footer={<><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind="primary" isOff={!who.trim()} isBusy={action.isBusy} onClick={() => void save()}>{t('hub.call_save')}</Button></>}>
      <div class="stack">
        {action.error && <ErrorPanel error={action.error} />}
        <p><LinkButton href={address(`/warnings/${part(w.id)}/script`)} isNew icon="speech">{t('hub.call_script')}</LinkButton></p>
        <Choices legend={t('hub.call_result')} name="result" value={result} onInput={setResult} options={['reached', 'busy', 'no-answer', 'wrong-number'].map((id) => ({ id, name: word('hub.call', id) }))} />
        <TextField label={t('hub.call_who')} value={who} onInput={setWho} length={50} isNeeded />
        {result === 'reached' && <CheckField label={t('hub.call_ack')} value={isAcknowledged} onInput={setAcknowledged} />}
        <AreaField label={t('hub.comment_text')} isOptional value={text} onInput={setText} rows={2} />
      </div>
    </Dialog>
  );
}

function why(w: Warning): string {
  return (lang() === 'ja' ? w.why_ja : w.why_en) ?? t('hub.why_hidden');
}

export function PlanPage({ id }: { id: string }) {
  const hub = useHub();
  const path = `/plans/${part(id)}`;
  const load = useLive<Plan>(`plan ${id}`, () => get<Plan>(path));
  const warnings = useLive<Warning[]>(`plan warnings ${id}`, async () => (await list<Warning>('/warnings', { plan: id })).items);
  const texts = useLoad<PlanText[]>(`plan texts ${id}`, async () => (await list<PlanText>(`${path}/texts`)).items);
  const [asked, setAsked] = useState<'approve' | 'refuse' | 'withdraw' | 'correct' | 'publish' | null>(null);
  const [called, setCalled] = useState<Warning | null>(null);
  const p = load.data;
  if (load.error && !p) return <><Head title={t('hub.plan_title')} /><ErrorPanel error={load.error} retry={load.reload} /></>;
  if (!p) return <><h1 class="sr">{t('hub.plan_title')}</h1><Loading /></>;
  const rows = warnings.data ?? [];
  const ready = rows.filter((w) => w.state === 'ready').length;
  const waits = rows.filter((w) => w.state === 'needs-consent' || w.state === 'needs-approval').length;
  const sum = receipts(rows);
  return (
    <>
      <Head title={t('hub.plan_of', { org: orgName(hub, p.victim) })} over={
        <>
          <a href={hubTo('warnings')}>{word('hub.page', 'warnings')}</a>
          {p.situation && <a href={hubTo('situations', p.situation)}>{t('hub.to_situation')}</a>}
          <PlanChip plan={p} />
        </>
      } lead={p.number ? t('hub.plan_number', { number: p.number }) : undefined} />
      <Standing p={p} waits={waits} />
      <div class="actions" role="group" aria-label={t('hub.plan_actions')}>
        {(p.state === 'draft' || p.state === 'approved') && ready > 0 && <Button kind="primary" icon="check" onClick={() => setAsked('approve')}>{t('hub.approve_n', { n: ready })}</Button>}
        {p.state === 'draft' && <Button icon="out" onClick={() => setAsked('refuse')}>{t('hub.refuse_plan')}</Button>}
        {p.state === 'approved' && !p.replaced && typeof p.notice === 'object' && sum.told.length > 0 && <Button icon="swap" onClick={() => setAsked('correct')}>{t('hub.correct')}</Button>}
        {p.state === 'approved' && !p.replaced && sum.told.length > 0 && <Button icon="forward" onClick={() => setAsked('publish')}>{t('hub.publish')}</Button>}
        {p.state === 'approved' && !p.replaced && <Button kind="danger" icon="return" onClick={() => setAsked('withdraw')}>{t('hub.withdraw_plan')}</Button>}
      </div>
      {warnings.error && <ErrorPanel error={warnings.error} retry={warnings.reload} />}
      {sum.told.length > 0 && (
        <dl class="counts counts-wide">
          <div><dt>{t('hub.count_told')}</dt><dd>{sum.told.length}</dd></div>
          <div><dt>{t('hub.count_read')}</dt><dd>{sum.read.length}</dd></div>
          <div><dt>{t('hub.count_acted')}</dt><dd>{sum.acted.length}</dd></div>
          <div><dt>{t('hub.count_unread')}</dt><dd>{sum.unread.length}</dd></div>
        </dl>
      )}
      {rows.length > 0 && <Section title={t('hub.plan_graph')} icon="network" class="card"><PlanGraph victim={p.victim} warnings={rows} /></Section>}
      {rows.length > 0 && (
        <Section title={t('hub.recipients_n', { n: rows.length })} icon="team">
          <Table caption={t('hub.recipients')} rows={rows} rowKey={(w) => w.id} columns={[
            { head: t('hub.col_org'), isMain: true, cell: (w) => <><a href={hubTo('warnings', w.id)}>{orgName(hub, w.org ?? '')}</a><p class="hint">{why(w)}</p></> },
            { head: t('hub.col_gets'), cell: (w) => <>{tlpText(w.tlp)}<p class="hint">{t(w.named ? 'hub.named' : 'hub.nameless')}</p></> },
            { head: t('hub.col_candidates'), isNumber: true, cell: (w) => w.candidates ?? t('hub.no_number') },
            { head: t('hub.col_state_only'), cell: (w) => <><WarningChip state={w.state} />{w.refusal && <p class="hint">{word('hub.refusal', w.refusal)}</p>}</> },
            { head: t('hub.col_receipt'), cell: (w) => <Receipts w={w} /> },
            { head: t('hub.col_do'), cell: (w) => (w.released && !w.acknowledged ? <Button icon="speech" onClick={() => setCalled(w)}>{t('hub.call_note')}</Button> : '') },
          ]} />
          <p class="hint">{t('hub.candidates_note')}</p>
        </Section>
      )}
      <PublicationsSection p={p} />
      <Section title={t('hub.texts')} icon="eye">
        <p class="soft">{t('hub.texts_lead')}</p>
        {texts.error && <ErrorPanel error={texts.error} retry={texts.reload} />}
        {texts.data && distinct(texts.data).map((x) => <Compare notice={p.notice} x={x} />)}
      </Section>
      {asked === 'correct' && <CorrectDialog p={p} got={rows.filter((w) => w.released)} onClose={() => setAsked(null)} />}
      {asked === 'publish' && <PublishDialog p={p} onClose={() => setAsked(null)} />}
      {asked && asked !== 'correct' && asked !== 'publish' && <DecideDialog p={p} what={asked} n={ready} onClose={() => setAsked(null)} />}
      {called && <CallDialog w={called} onClose={() => setCalled(null)} onDone={() => { setCalled(null); hub.say(t('hub.call_noted')); hub.touched(); }} />}
    </>
  );
}

function Standing({ p, waits }: { p: Plan; waits: number }) {
  const hub = useHub();
  const org = orgName(hub, p.victim);
  return (
    <>
      {p.reason && <Panel icon="out" title={t('hub.plan_reason')}><p>{p.reason}</p></Panel>}
      {p.question?.state === 'asked' && <Panel tone="warn" icon="question" title={t('hub.plan_asked', { org, n: waits })}><p>{t(p.question.overdue ? 'hub.plan_overdue' : 'hub.plan_due', { time: formatTime(p.question.due, lang()) })}</p>{p.question.escalated && <p>{t('hub.question_escalated', { state: word('hub.deputy', p.question.deputy?.state ?? 'later') })}</p>}</Panel>}
      {p.answer && <Panel tone="good" icon="seal" title={t('hub.plan_answer', { org, answer: word('hub.answered', p.answer.answer) })}><p>{t('hub.answer_by', { who: p.answer.who.startsWith('person:') ? t('hub.somebody_there') : p.answer.who, time: formatTime(p.answer.time, lang()) })} ・ {t(p.answer.named ? 'hub.named' : 'hub.nameless')}</p>{p.answer.text && <p>{p.answer.text}</p>}</Panel>}
      {p.approved && <p class="soft">{t('hub.approved_at', { time: formatTime(p.approved.time, lang()) })}</p>}
    </>
  );
}

const STAGES = ['delivered', 'seen', 'acknowledged', 'acted'] as const;

export function receiptText(r: Receipt, hub: HubState): string {
  const name = r.who.startsWith('person:') ? (r.who === `person:${hub.session.person?.id ?? ''}` ? hub.session.name : '') : r.who;
  return [formatTime(r.time, lang()), word('hub.how', r.how), name].filter(Boolean).join(' ・ ');
}

function Receipts({ w }: { w: Warning }) {
  const hub = useHub();
  const got = STAGES.filter((s) => w[s]);
  const last = got[got.length - 1];
  if (!last) return <>{w.released ? t('hub.not_delivered') : ''}</>;
  return <>{word('hub.w', last)}<p class="hint">{receiptText(w[last] as Receipt, hub)}</p>{w.acted?.text && <p class="hint">{w.acted.text}</p>}</>;
}

function DecideDialog({ p, what, n, onClose }: { p: Plan; what: 'approve' | 'refuse' | 'withdraw'; n: number; onClose: () => void }) {
  const hub = useHub();
  const [reason, setReason] = useState('');
  const action = useAction();
  const needs = what !== 'approve';
  const go = async () => {
    if (needs && !reason.trim()) return;
    let next: Plan | null = null;
    const isDone = await action.run(async () => {
      next = await post<Plan>(`/plans/${part(p.id)}/${what}`, needs ? { reason: reason.trim() } : {});
    });
    if (!isDone) return;
    hub.say(word('hub.decided', what));
    hub.touched();
    onClose();
    if (what === 'withdraw' && next) location.hash = hubTo('plans', (next as Plan).id);
  };
  return (
    <Dialog title={word('hub.decide', what)} onClose={onClose} footer={<><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind={what === 'approve' ? 'primary' : 'danger'} isOff={needs && !reason.trim()} isBusy={action.isBusy} onClick={() => void go()}>{word('hub.decide', what)}</Button></>}>
      {action.error && <ErrorPanel error={action.error} />}
      <p>{t(what === 'approve' ? 'hub.approve_text' : what === 'refuse' ? 'hub.refuse_text' : 'hub.withdraw_plan_text', { n })}</p>
      {needs && <TextField label={t('hub.why')} value={reason} onInput={setReason} length={250} isNeeded />}
    </Dialog>
  );
}

/** Outlets that carry the same text are one to compare. */
export function distinct(texts: PlanText[]): PlanText[] {
  const seen = new Set<string>();
  return texts.filter((x) => {
    const what = JSON.stringify([x.audience, x.named, x.refusal, x.copy]);
    return !seen.has(what) && seen.add(what);
  });
}

/** "TLP:AMBER", as everybody writes it. */
export function tlpText(tlp: string): string {
  return /^TLP:/i.test(tlp) ? tlp : `TLP:${tlp.toUpperCase()}`;
}

export function Compare({ notice, x, isOpen }: { notice: unknown; x: PlanText; isOpen?: boolean }) {
  const rows = x.copy ? compared(notice, x.copy).filter((r) => lang() === 'en' || !r.path.endsWith('.en') || r.after !== r.before) : [];
  const gone = rows.filter((r) => r.after === null).length;
  const changed = rows.filter((r) => r.after !== null && r.after !== r.before).length;
  return (
    <details class="compare card" open={isOpen}>
      <summary>{word('hub.audience', x.audience)} ・ {tlpText(x.tlp)}{x.audience !== 'own' && ` ・ ${t(x.named ? 'hub.named' : 'hub.nameless')}`}{x.copy ? ` ・ ${t('hub.compare_counts', { gone, changed })}` : ''}</summary>
      {!x.copy && <p>{t('hub.compare_refused', { why: word('hub.refusal', x.refusal) })}</p>}
      {x.copy !== null && x.copy !== undefined && (
        <Table caption={t('hub.compare')} rows={rows} rowKey={(r) => r.path} columns={[
          { head: t('hub.col_part'), isMain: true, cell: (r) => pathWords(r.path) },
          { head: t('hub.col_before'), cell: (r) => valueWords(r.path, r.before) },
          { head: t('hub.col_after'), cell: (r) => (r.after === null ? <span class="gone">{t('hub.left_out')}</span> : r.after === r.before ? valueWords(r.path, r.after) : <mark>{valueWords(r.path, r.after)}</mark>) },
        ]} />
      )}
    </details>
  );
}

/** A single warning as analysts see it. */
export function WarningOfAnalyst({ id }: { id: string }) {
  const hub = useHub();
  const load = useLive<Warning>(`warning ${id}`, () => get<Warning>(`/warnings/${part(id)}`));
  const [isCalling, setCalling] = useState(false);
  const w = load.data;
  if (load.error && !w) return <><Head title={t('hub.warning')} /><ErrorPanel error={load.error} retry={load.reload} /></>;
  if (!w) return <><h1 class="sr">{t('hub.warning')}</h1><Loading /></>;
  return (
    <>
      <Head title={t('hub.warning_to', { org: orgName(hub, w.org ?? '') })} over={<>{w.plan && <a href={hubTo('plans', w.plan)}>{t('hub.plan_title')}</a>}<span>{w.number}</span><WarningChip state={w.state} />{w.automatic && <span class="chip tone-open">{fixed('unconfirmed')}</span>}</>} />
      <div class="actions">
        {w.released && <Button icon="speech" onClick={() => setCalling(true)}>{t('hub.call_note')}</Button>}
        <LinkButton href={address(`/warnings/${part(w.id)}/page`)} isNew icon="print">{t('hub.print')}</LinkButton>
      </div>
      <div class="two">
        <Section title={t('hub.what_it_says')} icon="report">{w.text ? <NoticeText text={w.text} /> : <p>{t('hub.no_copy')}</p>}</Section>
        <Section title={t('hub.receipts')} icon="check">
          <dl class="dl">
            {STAGES.map((s) => <><dt>{word('hub.w', s)}</dt><dd>{w[s] ? receiptText(w[s] as Receipt, hub) : t('hub.not_yet')}</dd></>)}
          </dl>
          {(w.calls ?? []).length > 0 && <ul class="plain-list">{w.calls?.map((c) => <li>{formatTime(c.time, lang())} ・ {word('hub.call', c.result)} ・ {c.who}{c.text && ` ・ ${c.text}`}</li>)}</ul>}
        </Section>
      </div>
      {w.sightings && <SightedSection s={w.sightings} isOwn={false} />}
      {isCalling && <CallDialog w={w} onClose={() => setCalling(false)} onDone={() => { setCalling(false); hub.say(t('hub.call_noted')); hub.touched(); }} />}
    </>
  );
}

