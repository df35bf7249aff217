// SPDX-License-Identifier: Apache-2.0
// The specialist's desk: all criteria on one page, confirmed or returned one by one; and, for the
// firm, whom it invites and until when.
import { useState } from 'preact/hooks';
import { get, list, part, post, put, remove } from '../api';
import { PageHead } from '../app';
import { lang, t, word } from '../i18n';
import { addMonths, formatDay, isDay, today } from '../lib/format';
import { to } from '../lib/route';
import type { Criterion, Expert, Line, Technical } from '../types';
import { AreaField, Button, CheckField, Chip, Choices, Empty, ErrorPanel, Loading, MarkChip, ObservedChip, Panel, Prose, Section, SelectField, StateChip, Table, TextField } from '../ui/basic';
import { Confirm, Dialog } from '../ui/dialog';
import { useAction, useApp, useHead, useLoad } from '../ui/hooks';
import { useUnsaved } from '../ui/leave';

const QUALIFICATIONS = ['riss', 'cissp', 'cisa', 'isms', 'assessor', 'other'] as const;

function blankExpert(): Omit<Expert, 'id' | 'revision'> {
  return {
    role: 'expert', name: '', organisation: '', qualification: word('qualification', 'riss'), registration: '', registration_expires: null,
    independent: true, independence_note: '', invited: today(), until: addMonths(today(), 3), ended: false,
  };
}

function ExpertForm({ expert, onClose, onSaved }: { expert: Expert | null; onClose: () => void; onSaved: () => void }) {
  const head = useHead();
  const { say } = useApp();
  const start = expert ?? blankExpert();
  const [e, setE] = useState(start);
  const [isTried, setTried] = useState(false);
  const action = useAction();
  useUnsaved(JSON.stringify(e) !== JSON.stringify(start));
  const set = <K extends keyof typeof start>(name: K, value: (typeof start)[K]) => setE({ ...e, [name]: value });
  const faults = {
    name: e.name.trim() ? null : t('expert.name_needed'),
    qualification: e.qualification.trim() ? null : t('expert.qualification_needed'),
    registration: e.registration.trim() ? null : t('expert.registration_needed'),
    expires: e.registration_expires && !isDay(e.registration_expires) ? t('form.date_form') : null,
    until: !e.until || !isDay(e.until) ? t('form.date_form') : e.until < today() && !expert ? t('expert.until_past') : null,
    note: !e.independent && !e.independence_note.trim() ? t('expert.independence_needed') : null,
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (Object.values(faults).some(Boolean)) return;
    const done = await action.run(async () => {
      const base = `/assessments/${part(head.id)}/experts`;
      const { id: _i, revision: _r, ...body } = e as Expert;
      if (expert) await put(`${base}/${part(expert.id)}`, body, expert.revision);
      else await post(base, body);
    });
    if (!done) return;
    say(t('expert.saved', { name: e.name }));
    onSaved();
    onClose();
  };
  return (
    <Dialog isDrawer title={t(expert ? 'expert.edit' : 'expert.invite')} onClose={onClose}>
      <form onSubmit={submit} noValidate class="stack">
        <p>{t('expert.invite_text')}</p>
        <Choices legend={t('expert.role')} name="role" value={e.role} isInline onInput={(v) => set('role', v as Expert['role'])}
          options={[{ id: 'expert', name: word('role', 'expert'), note: t('role.expert_note') }, { id: 'assessor', name: word('role', 'assessor'), note: t('role.assessor_note') }]} />
        <div class="fields">
          <TextField label={t('expert.name')} value={e.name} isNeeded length={100} onInput={(v) => set('name', v)} error={isTried ? faults.name : null} />
          <TextField label={t('expert.organisation')} value={e.organisation} isOptional length={200} onInput={(v) => set('organisation', v)} />
        </div>
        <SelectField label={t('expert.qualification')} value={e.qualification} isNeeded onInput={(v) => set('qualification', v)}
          options={[...QUALIFICATIONS.map((q): [string, string] => [word('qualification', q), word('qualification', q)]),
            ...(QUALIFICATIONS.some((q) => word('qualification', q) === e.qualification) ? [] : [[e.qualification, e.qualification] as [string, string]])]} error={isTried ? faults.qualification : null} />
        <div class="fields">
          <TextField label={t('expert.registration')} value={e.registration} isNeeded length={60} onInput={(v) => set('registration', v)} error={isTried ? faults.registration : null} />
          <TextField label={t('expert.registration_expires')} type="date" value={e.registration_expires ?? ''} isOptional onInput={(v) => set('registration_expires', v || null)} error={isTried ? faults.expires : null} />
          <TextField label={t('expert.until')} hint={t('expert.until_hint')} type="date" value={e.until ?? ''} isNeeded onInput={(v) => set('until', v)} error={isTried ? faults.until : null} />
        </div>
        <CheckField label={t('expert.independent')} value={e.independent} onInput={(v) => set('independent', v)} />
        <AreaField label={t('expert.independence_note')} value={e.independence_note} isNeeded={!e.independent} isOptional={e.independent} rows={2} onInput={(v) => set('independence_note', v)} error={isTried ? faults.note : null} />
        {expert && <CheckField label={t('expert.end')} value={e.ended} onInput={(v) => set('ended', v)} />}
        {action.error && <ErrorPanel error={action.error} title={t('error.not_saved')} />}
        <div class="row"><Button kind="primary" type="submit" isBusy={action.isBusy}>{t(expert ? 'common.save' : 'expert.invite_go')}</Button></div>
      </form>
    </Dialog>
  );
}

function canWork(e: Expert): boolean {
  return !e.ended && (!e.until || e.until >= today());
}

function Invitations({ experts, reload }: { experts: Expert[]; reload: () => void }) {
  const head = useHead();
  const { say, reloadSession, session } = useApp();
  const [editing, setEditing] = useState<{ expert: Expert | null } | null>(null);
  const [going, setGoing] = useState<Expert | null>(null);
  const action = useAction();
  const sit = (id: string) => action.run(async () => {
    await put('/session', { act_as: id });
    reloadSession();
  });
  const drop = (e: Expert) => action.run(async () => {
    await remove(`/assessments/${part(head.id)}/experts/${part(e.id)}`, e.revision);
    setGoing(null);
    say(t('expert.removed', { name: e.name }));
    reload();
  });
  const mayInvite = session.may?.invite ?? true;
  return (
    <Section title={t('expert.invitations')} icon="person" aside={mayInvite ? <Button icon="plus" onClick={() => setEditing({ expert: null })}>{t('expert.invite')}</Button> : undefined}>
      {action.error && <ErrorPanel error={action.error} />}
      {experts.length === 0 ? <Empty title={t('expert.none')} icon="person"><p>{t('expert.none_text')}</p></Empty> : (
        <ul class="cards">
          {experts.map((e) => (
            <li class="card" key={e.id}>
              <div class="card-top"><h3>{e.name}</h3>{canWork(e) ? <Chip tone="evidenced" icon="check">{t('expert.active')}</Chip> : <Chip tone="na" icon="clock">{t('expert.over')}</Chip>}</div>
              <p>{word('role', e.role)}{e.organisation ? ` · ${e.organisation}` : ''}</p>
              <dl class="dl">
                <dt>{t('expert.qualification')}</dt><dd>{word('qualification', e.qualification)}</dd>
                <dt>{t('expert.registration')}</dt><dd>{e.registration}{e.registration_expires ? t('expert.reg_until', { day: formatDay(e.registration_expires, lang()) }) : ''}</dd>
                <dt>{t('expert.independence')}</dt><dd>{t(e.independent ? 'expert.is_independent' : 'expert.not_independent')}{e.independence_note ? ` – ${e.independence_note}` : ''}</dd>
                <dt>{t('expert.until')}</dt><dd>{formatDay(e.until, lang())}</dd>
              </dl>
              <div class="row tight">
                {canWork(e) && <Button kind="primary" icon="person" onClick={() => void sit(e.id)} isBusy={action.isBusy}>{t('desk.sit')}</Button>}
                {mayInvite && <Button icon="pen" onClick={() => setEditing({ expert: e })} label={t('expert.edit_who', { name: e.name })}>{t('common.edit')}</Button>}
                {mayInvite && <Button kind="quiet" icon="bin" label={t('expert.remove_who', { name: e.name })} onClick={() => setGoing(e)} />}
              </div>
            </li>
          ))}
        </ul>
      )}
      {editing && <ExpertForm expert={editing.expert} onClose={() => setEditing(null)} onSaved={reload} />}
      {going && <Confirm title={t('expert.remove_title')} text={t('expert.remove_text', { name: going.name })} go={t('expert.remove_go')} isBusy={action.isBusy} onGo={() => void drop(going)} onClose={() => setGoing(null)} />}
    </Section>
  );
}

function Decide({ c, last, onSaved }: { c: Criterion; last: { how: string; looked_at: string }; onSaved: (now: Criterion, used: { how: string; looked_at: string }) => void }) {
  const head = useHead();
  const { say, session } = useApp();
  const k = c.confirmation;
  const [decision, setDecision] = useState<string>(k?.state === 'valid' ? k.decision : '');
  const [advice, setAdvice] = useState(k?.advice ?? '');
  const [how, setHow] = useState(k?.how ?? last.how);
  const [looked, setLooked] = useState(k?.looked_at ?? '');
  const [isTried, setTried] = useState(false);
  const action = useAction();
  const isDirty = decision !== (k?.state === 'valid' ? k.decision : '') || advice !== (k?.advice ?? '') || looked !== (k?.looked_at ?? '');
  useUnsaved(isDirty);
  const faults = {
    decision: decision ? null : t('confirm.choose'),
    looked: looked.trim() ? null : t('confirm.looked_needed'),
    advice: decision === 'returned' && !advice.trim() ? t('confirm.advice_needed') : null,
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (Object.values(faults).some(Boolean)) return;
    await action.run(async () => {
      const body = { decision, advice: advice.trim(), looked_at: looked.trim(), how, date: today(), basis: c.basis };
      const now = await put<Criterion>(`/assessments/${part(head.id)}/criteria/${part(c.id)}/confirmation`, body, k?.revision ?? 0);
      setTried(false);
      say(t(decision === 'confirmed' ? 'confirm.confirmed' : 'confirm.returned', { id: c.id }));
      onSaved(now, { how, looked_at: looked });
    });
  };
  return (
    <form onSubmit={submit} noValidate class="decide">
      <Choices legend={t('confirm.decision')} name={`decision-${c.id}`} value={decision} onInput={setDecision} isInline error={isTried ? faults.decision : null}
        options={[
          { id: 'confirmed', name: t('confirm.confirm'), note: t('confirm.confirm_note'), icon: 'seal', tone: 'tone-met' },
          { id: 'returned', name: t('confirm.return'), note: t('confirm.return_note'), icon: 'return', tone: 'tone-partly' },
        ]} />
      <div class="fields">
        <SelectField label={t('confirmation.how')} value={how} onInput={setHow} options={(['document', 'interview', 'observation', 'sample', 'other'] as const).map((h): [string, string] => [h, word('how', h)])} />
        <TextField label={t('confirmation.looked_at')} hint={t('confirm.looked_hint')} value={looked} onInput={setLooked} isNeeded length={1000} error={isTried ? faults.looked : null} />
      </div>
      <AreaField label={t('confirmation.advice')} value={advice} onInput={setAdvice} isNeeded={decision === 'returned'} isOptional={decision !== 'returned'} rows={2} error={isTried ? faults.advice : null} />
      {action.error && <ErrorPanel error={action.error} title={t('error.not_saved')} />}
      <div class="row tight">
        <Button kind="primary" type="submit" isBusy={action.isBusy} isOff={session.may?.confirm === false && head.practice}>{t('confirm.save')}</Button>
        {session.acting_as && k && <span class="soft small">{k.expert.name} · {formatDay(k.date, lang())}</span>}
      </div>
    </form>
  );
}

function DeskItem({ line, last, onUsed, onChanged }: { line: Line; last: { how: string; looked_at: string }; onUsed: (u: { how: string; looked_at: string }) => void; onChanged: () => void }) {
  const head = useHead();
  const [isOpen, setOpen] = useState(false);
  const load = useLoad(isOpen ? `desk ${head.id} ${line.id}` : 'desk closed', async () => (isOpen ? get<Criterion>(`/assessments/${part(head.id)}/criteria/${part(line.id)}`) : null));
  const c = load.data;
  return (
    <li class={`desk-item ${isOpen ? 'is-open' : ''}`}>
      <button type="button" class="desk-head" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span class="line-id">{line.id}</span><span class="line-title">{line.title}</span>
        <span class="desk-chips"><StateChip line={line} /><ObservedChip observed={line.observed} /><MarkChip mark={line.confirmation} /></span>
      </button>
      {isOpen && (
        <div class="desk-body">
          {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
          {!c && !load.error && <Loading />}
          {c && (
            <>
              {c.official_text && <blockquote class="official-quote" lang="ja"><Prose text={c.official_text} /></blockquote>}
              <div class="desk-cols">
                <div>
                  {c.help.looks_at && <><p class="small-title">{t('guide.looks_at')}</p><Prose text={c.help.looks_at} /></>}
                  {c.help.proof && <><p class="small-title">{t('guide.proof')}</p><Prose text={c.help.proof} /></>}
                </div>
                <div>
                  <p class="small-title">{t('criterion.answer')}</p>
                  {c.answer && c.answer.state !== 'open' ? <p>{word('state', c.answer.state)} · {c.answer.by} · {formatDay(c.answer.date, lang())}{c.answer.reason && <><br />{c.answer.reason}</>}{c.answer.note && <><br />{c.answer.note}</>}</p> : <p class="soft">{t('state.open')}</p>}
                  <p class="small-title">{t('criterion.evidence')}</p>
                  {c.evidence.length === 0 ? <p class="soft">{t('criterion.no_evidence')}</p> : <ul>{c.evidence.map((e) => <li>{e.title} <span class="soft small">{formatDay(e.date, lang())} · {word('evidence_state', e.state)}</span></li>)}</ul>}
                  {c.dispute && c.dispute.choice !== 'open' && <p><span class="small-title">{t('dispute.title')}</span> {word('dispute', c.dispute.choice)} – {c.dispute.reason}</p>}
                  <p><a href={to(head.id, 'criteria', c.id)}>{t('desk.whole')}</a></p>
                </div>
              </div>
              <Decide key={c.confirmation?.revision ?? 0} c={c} last={last} onSaved={(now, used) => { load.set(now); onUsed(used); onChanged(); }} />
            </>
          )}
        </div>
      )}
    </li>
  );
}

function ExpertWork({ expert }: { expert: Expert | undefined }) {
  const head = useHead();
  const { reloadHead, reloadSession } = useApp();
  const [show, setShow] = useState('todo');
  const [last, setLast] = useState({ how: 'document', looked_at: '' });
  const action = useAction();
  const load = useLoad(`desk ${head.id} lines`, async () => (await list<Line>(`/assessments/${part(head.id)}/criteria`)).items);
  const lines = (load.data ?? []).filter((l) => show === 'all' || (show === 'todo' ? l.confirmation !== 'confirmed' : show === 'answered' ? l.confirmation !== 'confirmed' && l.state !== 'open' : l.confirmation === show));
  const leave = () => action.run(async () => {
    await put('/session', { act_as: null });
    reloadSession();
  });
  return (
    <>
      <Panel tone="info" icon="person" title={t('desk.sitting', { name: expert?.name ?? '' })}>
        <p>{t('desk.sitting_text')}</p>
        <Button onClick={() => void leave()} isBusy={action.isBusy}>{t('desk.leave')}</Button>
      </Panel>
      {action.error && <ErrorPanel error={action.error} />}
      {head.practice && <Panel tone="practice" icon="pen" title={t('confirm.practice')}><p>{t('confirm.practice_text')}</p></Panel>}
      <Section title={t('desk.to_confirm')} icon="seal" aside={<span role="status" class="soft">{t('desk.done_n', { n: head.counts.confirmed, returned: head.counts.returned, all: head.counts.criteria })}</span>}>
        <SelectField label={t('desk.show')} value={show} onInput={setShow}
          options={[['todo', t('desk.show_todo')], ['answered', t('desk.show_answered')], ['returned', word('confirmation', 'returned')], ['void', word('confirmation', 'void')], ['confirmed', word('confirmation', 'confirmed')], ['all', t('desk.show_all')]]} />
        {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
        {!load.data && !load.error && <Loading />}
        {load.data && lines.length === 0 && <Empty title={t('desk.nothing')} icon="check" />}
        <ul class="desk-list">
          {lines.map((line) => <DeskItem key={line.id} line={line} last={last} onUsed={setLast} onChanged={() => { load.reload(); reloadHead(); }} />)}
        </ul>
      </Section>
    </>
  );
}

/** Technical verification by an evaluation body: kept beside the confirmations, never merged. */
function TechnicalPart() {
  const head = useHead();
  const { say, session } = useApp();
  const path = `/assessments/${part(head.id)}/technical`;
  const load = useLoad(`technical ${head.id}`, async () => (await list<Technical>(path)).items);
  const blank = { title: '', date: today(), by: '', method: '', sample: '', result: '', criteria: '' };
  const [r, setR] = useState(blank);
  const [isOpen, setOpen] = useState(false);
  const [isTried, setTried] = useState(false);
  const action = useAction();
  const mayAdd = session.may?.technical === true;
  useUnsaved(isOpen && JSON.stringify(r) !== JSON.stringify(blank));
  const set = (name: keyof typeof blank) => (value: string) => setR({ ...r, [name]: value });
  const need = (name: keyof typeof blank) => (isTried && !r[name].trim() ? t('technical.needed') : null);
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (!isDay(r.date) || r.date > today() || [r.title, r.by, r.method, r.result].some((x) => !x.trim())) return;
    await action.run(async () => {
      await post(path, { ...r, criteria: r.criteria.split(/[\s,、;]+/).filter(Boolean) });
      setR(blank);
      setTried(false);
      setOpen(false);
      say(t('technical.saved'));
      load.reload();
    });
  };
  if (!mayAdd && !load.data?.length) return null;
  return (
    <Section title={t('technical.title')} icon="search" aside={mayAdd && !isOpen ? <Button icon="plus" onClick={() => setOpen(true)}>{t('technical.add')}</Button> : undefined}>
      <p>{t('technical.text')}</p>
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {load.data && load.data.length > 0 && (
        <Table caption={t('technical.title')} rows={load.data} rowKey={(x) => x.id} columns={[
          { head: t('technical.name'), isMain: true, cell: (x) => x.title },
          { head: t('technical.date'), cell: (x) => formatDay(x.date, lang()) },
          { head: t('technical.by'), cell: (x) => x.by },
          { head: t('technical.method'), cell: (x) => [x.method, x.sample].filter(Boolean).join(' · ') },
          { head: t('technical.result'), cell: (x) => x.result },
          { head: t('history.where'), cell: (x) => x.criteria.map((c, i) => <>{i > 0 ? t('common.comma') : ''}<a href={to(head.id, 'criteria', c)}>{c}</a></>) },
        ]} />
      )}
      {isOpen && (
        <form onSubmit={submit} noValidate class="stack">
          <div class="fields">
            <TextField label={t('technical.name')} value={r.title} onInput={set('title')} isNeeded length={200} error={need('title')} />
            <TextField label={t('technical.date')} type="date" max={today()} value={r.date} onInput={set('date')} isNeeded error={!isDay(r.date) ? t('form.date_form') : r.date > today() ? t('form.date_future') : null} />
            <TextField label={t('technical.by')} value={r.by} onInput={set('by')} isNeeded length={200} error={need('by')} />
            <TextField label={t('technical.method')} hint={t('technical.method_hint')} value={r.method} onInput={set('method')} isNeeded length={500} error={need('method')} />
            <TextField label={t('technical.sample')} value={r.sample} onInput={set('sample')} isOptional length={500} />
            <TextField label={t('technical.criteria')} hint={t('technical.criteria_hint')} value={r.criteria} onInput={set('criteria')} isOptional length={500} />
          </div>
          <AreaField label={t('technical.result')} value={r.result} onInput={set('result')} isNeeded rows={2} error={need('result')} />
          {action.error && <ErrorPanel error={action.error} title={t('error.not_saved')} />}
          <div class="row"><Button kind="primary" type="submit" isBusy={action.isBusy}>{t('common.save')}</Button><Button onClick={() => { setOpen(false); setR(blank); setTried(false); }}>{t('common.cancel')}</Button></div>
        </form>
      )}
    </Section>
  );
}

export function Desk() {
  const head = useHead();
  const { session } = useApp();
  const load = useLoad(`experts ${head.id}`, async () => (await list<Expert>(`/assessments/${part(head.id)}/experts`)).items);
  return (
    <>
      <PageHead title={t('page.desk')} lead={t('desk.lead')} />
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {load.data && (session.acting_as
        ? <ExpertWork expert={load.data.find((e) => e.id === session.acting_as)} />
        : (
          <>
            <Panel tone="info" icon="outside" title={t('desk.two_ways')}><ul><li>{t('desk.way_here')}</li><li>{t('desk.way_file')} <a href={to(head.id, 'exchange')}>{t('page.exchange')}</a></li></ul></Panel>
            <Invitations experts={load.data} reload={load.reload} />
          </>
        ))}
      {load.data && <TechnicalPart />}
    </>
  );
}
