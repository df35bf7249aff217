// SPDX-License-Identifier: Apache-2.0
// One criterion on one screen: left what is asked and how, right the answer and what proves it.
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';
import { address, get, list, part, put } from '../api';
import { PageHead } from '../app';
import { lang, t, word, type Key } from '../i18n';
import { answerBody, draftFaults, draftOf, isAsked, reduceDraft, sameDraft, type Draft } from '../lib/answer';
import { formatDay, formatTime, periodParts, today } from '../lib/format';
import { to } from '../lib/route';
import { actorName, rememberName, whoAnswers } from '../lib/who';
import type { CheckName, Criterion, Dispute, EvidenceWanted, Question, Template } from '../types';
import {
  AreaField, Button, CheckField, Chip, Choices, ErrorPanel, Loading, MarkChip, ObservedChip, OutLink, Panel, Prose, Section, StateChip, TextField, stateIcon,
} from '../ui/basic';
import { Conflict, Dialog } from '../ui/dialog';
import { asProblem, useAction, useApp, useHead, useLoad } from '../ui/hooks';
import { Icon, type IconName } from '../ui/icons';
import { navigate, useUnsaved } from '../ui/leave';
import { EvidenceDrawer, EvidenceState } from './evidence';

const KEYS_STORED = 'yagura.keys';

function keysOn(): boolean {
  try {
    return localStorage.getItem(KEYS_STORED) !== 'off';
  } catch {
    return true;
  }
}

/** Templates are a help: without them a page still says everything else. */
export async function templatesOrNone(): Promise<Template[]> {
  try {
    return (await list<Template>('/templates')).items;
  } catch {
    return [];
  }
}

export function closedBy(item: string): { kind: string; name: string } {
  const at = item.indexOf(':');
  return at < 0 ? { kind: item, name: '' } : { kind: item.slice(0, at), name: item.slice(at + 1) };
}

const CLOSER_ICON: Record<string, IconName> = { tool: 'table', service: 'team', decision: 'person' };

/** What a template, a tool or a service would close; templates can be fetched at once. */
export function ClosedBy({ items, templates }: { items: string[]; templates: Template[] }) {
  return (
    <ul class="closers">
      {items.map((item) => {
        const { kind, name } = closedBy(item);
        if (kind === 'template') {
          const title = templates.find((x) => x.name === name)?.title ?? name;
          return <li><a class="with-icon" href={address(`/templates/${part(name)}`)} download><Icon name="download" size={16} /> {t('closed.template', { name: title })}</a></li>;
        }
        const text = word('closed', kind) + (name ? `${t('common.colon')}${name}` : '');
        return <li class="with-icon"><Icon name={CLOSER_ICON[kind] ?? 'forward'} size={16} /> {text}</li>;
      })}
    </ul>
  );
}

function GuideCard({ icon, title, text, tone }: { icon: IconName; title: Key; text: string | null | undefined; tone?: string }) {
  if (!text) return null;
  return (
    <section class={`guide ${tone ?? ''}`} aria-label={t(title)}>
      <h2><Icon name={icon} /><span>{t(title)}</span></h2>
      <Prose text={text} />
    </section>
  );
}

function OfficialText({ c, id }: { c: Criterion; id: string }) {
  if (c.official_text) {
    return (
      <section class="official" aria-label={t('criterion.official')}>
        <h2><Icon name="book" /><span>{t('criterion.official')}</span></h2>
        <blockquote lang="ja"><Prose text={c.official_text} /></blockquote>
      </section>
    );
  }
  if (!c.needs_import) return null;
  return (
    <section class="official needs-import" aria-label={t('criterion.official')}>
      <h2><Icon name="book" /><span>{t('criterion.official')}</span></h2>
      <p><strong>{t('criterion.needs_import')}</strong> {t('criterion.needs_import_text')}</p>
      <p class="row tight"><a href={to(id, 'official')}>{t('practice.go')}</a><OutLink href={c.publisher_page}>{t('official.publisher')}</OutLink></p>
    </section>
  );
}

function QuestionField({ q, draft, set }: { q: Question; draft: Draft; set: (values: string[]) => void }) {
  const given = draft.choices[q.urn] ?? [];
  if (!isAsked(q, draft.choices)) return null;
  switch (q.kind) {
    case 'one':
      return <Choices legend={q.text} name={q.urn} value={given[0] ?? ''} options={q.choices.map((c) => ({ id: c.urn, name: c.name }))} onInput={(v) => set([v])} />;
    case 'many':
      return (
        <fieldset class="choices"><legend>{q.text}</legend>
          {q.choices.map((c) => <CheckField label={c.name} value={given.includes(c.urn)} onInput={(on) => set(on ? [...given, c.urn] : given.filter((u) => u !== c.urn))} />)}
        </fieldset>
      );
    case 'date': return <TextField label={q.text} type="date" value={given[0] ?? ''} onInput={(v) => set(v ? [v] : [])} />;
    case 'number': return <TextField label={q.text} type="number" value={given[0] ?? ''} onInput={(v) => set(v ? [v] : [])} />;
    default: return <AreaField label={q.text} value={given[0] ?? ''} onInput={(v) => set(v ? [v] : [])} rows={2} />;
  }
}

function choiceName(c: Criterion, id: string): string {
  return c.answers.find((a) => a.id === id)?.name ?? (id ? word('state', id) : t('state.open'));
}

function AnswerForm({ c, onSaved }: { c: Criterion; onSaved: (now: Criterion) => void }) {
  const head = useHead();
  const { session, say } = useApp();
  const path = `/assessments/${part(head.id)}/criteria/${part(c.id)}`;
  const who = whoAnswers(session.actor);
  const [base, setBase] = useState(c);
  const [draft, send] = useReducer(reduceDraft, c, (x) => draftOf(x, who, today()));
  const [isTried, setTried] = useState(false);
  const [theirs, setTheirs] = useState<Criterion | null>(null);
  const action = useAction();
  const form = useRef<HTMLFormElement>(null);
  const isDirty = !sameDraft(draft, draftOf(base, who, today()));
  useUnsaved(isDirty);
  useEffect(() => {
    // Evidence or a confirmation may have changed elsewhere on the page: keep what is typed.
    if (!isDirty || sameDraft(draftOf(c, who, today()), draftOf(base, who, today()))) {
      setBase(c);
      if (!isDirty) send({ do: 'reset', to: draftOf(c, who, today()) });
    }
  }, [c]);
  const faults = draftFaults(draft, today(), c.questions.length > 0);
  const mayAnswer = session.may?.answer ?? true;

  const save = async (revision: number, then?: () => void) => {
    setTried(true);
    if (Object.keys(faults).length > 0) {
      setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid], .choices.has-error input')?.focus(), 0);
      return;
    }
    await action.run(async () => {
      try {
        rememberName(draft.by.trim());
        const now = await put<Criterion>(`${path}/answer`, answerBody(draft), revision);
        setTheirs(null);
        setTried(false);
        setBase(now);
        send({ do: 'reset', to: draftOf(now, who, today()) });
        onSaved(now);
        say(t('criterion.saved', { id: c.id }));
        if (then) setTimeout(then, 0);
      } catch (fault) {
        if (asProblem(fault).code !== 'changed-meanwhile') throw fault;
        setTheirs(await get<Criterion>(path));
      }
    });
  };
  const withdraw = () => action.run(async () => {
    const now = await put<Criterion>(`${path}/answer`, { state: 'open', value: null, reason: '', note: '', by: who || base.answer?.by || '', date: today() }, base.answer?.revision ?? 0);
    setBase(now);
    send({ do: 'reset', to: draftOf(now, who, today()) });
    onSaved(now);
    say(t('criterion.withdrawn', { id: c.id }));
  });

  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') {
        event.preventDefault();
        void save(base.answer?.revision ?? 0);
        return;
      }
      if (!keysOn() || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
      const target = event.target as HTMLElement | null;
      if (target?.closest('input:not([type=radio]), textarea, select, [contenteditable]')) return;
      const option = c.answers.filter((a) => a.id !== 'open')[Number(event.key) - 1];
      if (option && mayAnswer) send({ do: 'choose', choice: option.id });
      else if (event.key === '[' && c.previous) navigate(to(head.id, 'criteria', c.previous));
      else if (event.key === ']' && c.next) navigate(to(head.id, 'criteria', c.next));
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });

  const revision = base.answer?.revision ?? 0;
  return (
    <Section title={t('criterion.answer')} icon="pen" class="answer" aside={<ObservedPair c={c} />}>
      <form ref={form} onSubmit={(e) => { e.preventDefault(); void save(revision); }} noValidate>
        <fieldset class="bare" disabled={!mayAnswer}>
          {!mayAnswer && <Panel icon="person" title={t('criterion.expert_reads')} />}
          {c.questions.map((q) => <QuestionField key={q.urn} q={q} draft={draft} set={(values) => send({ do: 'question', urn: q.urn, values })} />)}
          {(c.questions.length === 0 || c.answers.length > 0) && (
            <Choices legend={t('criterion.state')} name="state" value={draft.choice} onInput={(choice) => send({ do: 'choose', choice })}
              options={c.answers.filter((a) => a.id !== 'open').map((a) => ({ id: a.id, name: a.name, icon: stateIcon(a.id) ?? undefined, tone: `tone-${a.id}` }))}
              error={isTried && faults.choice ? t('criterion.choose') : null} />
          )}
          {(draft.choice === 'na' || draft.reason) && (
            <AreaField label={t(draft.choice === 'na' ? 'criterion.na_reason' : 'criterion.reason')} value={draft.reason} isNeeded={draft.choice === 'na'}
              hint={draft.choice === 'na' ? t('criterion.na_hint') : undefined}
              onInput={(value) => send({ do: 'text', field: 'reason', value })} error={isTried && faults.reason ? t('criterion.reason_needed') : null} rows={2} />
          )}
          <div class="fields">
            <TextField label={t('criterion.by')} value={draft.by} isNeeded length={100} onInput={(value) => send({ do: 'text', field: 'by', value })} error={isTried && faults.by ? t('criterion.by_needed') : null} />
            <TextField label={t('criterion.date')} type="date" max={today()} value={draft.date} isNeeded onInput={(value) => send({ do: 'text', field: 'date', value })}
              error={isTried && faults.date ? t(faults.date === 'future' ? 'form.date_future' : 'form.date_form') : null} />
          </div>
          <AreaField label={t('criterion.note')} hint={t('criterion.note_hint')} value={draft.note} isOptional onInput={(value) => send({ do: 'text', field: 'note', value })} rows={2} />
        </fieldset>
        {action.error && <ErrorPanel error={action.error} title={t('error.not_saved')} />}
        {theirs && (
          <Conflict isBusy={action.isBusy} rows={conflictRows(c, draftOf(theirs, who, today()), draft)}
            onTheirs={() => { setTheirs(null); setBase(theirs); send({ do: 'reset', to: draftOf(theirs, who, today()) }); onSaved(theirs); }}
            onMine={() => void save(theirs.answer?.revision ?? 0)} />
        )}
        <div class="savebar">
          <Button kind="primary" type="submit" isBusy={action.isBusy} isOff={!mayAnswer}>{t('criterion.save')}</Button>
          {c.next && <Button onClick={() => void save(revision, () => navigate(to(head.id, 'criteria', c.next as string)))} isOff={!mayAnswer}>{t('criterion.save_next')}</Button>}
          {base.answer && base.answer.state !== 'open' && !isDirty && <Button kind="quiet" onClick={() => void withdraw()} isOff={!mayAnswer}>{t('criterion.withdraw')}</Button>}
          {isDirty && <span class="unsaved"><Icon name="pen" size={15} /> {t('common.unsaved')}</span>}
        </div>
      </form>
    </Section>
  );
}

function conflictRows(c: Criterion, theirs: Draft, mine: Draft): [string, string, string][] {
  return [
    [t('criterion.state'), choiceName(c, theirs.choice), choiceName(c, mine.choice)],
    [t('criterion.reason'), theirs.reason, mine.reason],
    [t('criterion.note'), theirs.note, mine.note],
    [t('criterion.by'), theirs.by, mine.by],
    [t('criterion.date'), formatDay(theirs.date, lang()), formatDay(mine.date, lang())],
  ];
}

/** Declared and observed, side by side, never merged. */
function ObservedPair({ c }: { c: Criterion }) {
  return (
    <dl class="pair">
      <div><dt>{t('criteria.declared')}</dt><dd><StateChip line={{ ...c, evidence: c.evidence.filter((e) => e.state === 'live').length }} /></dd></div>
      <div><dt>{t('criteria.observed')}</dt><dd><ObservedChip observed={c.observed} /></dd></div>
    </dl>
  );
}

const CHECKS: readonly CheckName[] = ['alarm', 'error', 'unknown', 'ok', 'na'];
const CHECK_ICON: Record<CheckName, IconName> = { ok: 'check', alarm: 'warn', na: 'dash', unknown: 'question', error: 'cross' };

export function ChecksList({ checks }: { checks: Partial<Record<CheckName, number>> }) {
  return (
    <span class="checks">
      {CHECKS.filter((k) => (checks[k] ?? 0) > 0).map((k) => (
        <span class={`check-n check-${k}`}><Icon name={CHECK_ICON[k]} size={14} /> {word('check', k)} {t('count.n', { n: checks[k] ?? 0 })}</span>
      ))}
    </span>
  );
}

function periodText(period: string | null | undefined): string {
  const parts = periodParts(period);
  return parts ? t(`period.${parts.unit}` as Key, { n: parts.n }) : '';
}

const WANTED_ICON: Record<EvidenceWanted['status'], IconName> = { none: 'ring', live: 'check', stale: 'clock', supports: 'eye', contradicts: 'swap' };

function Wanted({ w, assessment, onAdd }: { w: EvidenceWanted; assessment: string; onAdd: (() => void) | null }) {
  const rows = w.rows ?? [];
  const lists = (w.tables ?? []).filter((name) => name !== 'clock' && name !== 'lists');
  return (
    <li class="wanted">
      <div class="wanted-head">
        <span class="wanted-name">{w.name}</span>
        <Chip tone={`wanted-${w.status}`} icon={WANTED_ICON[w.status] ?? 'ring'}>{word('wanted', w.status)}</Chip>
      </div>
      <p class="soft small">{[word('kind', w.kind), w.strength ? word('strength', w.strength) : '', periodText(w.max_age)].filter(Boolean).join(' · ')}</p>
      {w.error && <p class="field-error"><Icon name="warn" size={16} /> {w.error}</p>}
      {lists.length > 0 && (
        <p class="small">{t('wanted.lists')}{t('common.colon')}{lists.map((name) => word('table', name)).join(t('common.comma'))}{w.list_date ? t('wanted.list_date', { day: formatDay(w.list_date, lang()) }) : ''} <a href={to(assessment, 'facts')}>{t('page.facts')}</a></p>
      )}
      {w.checks && <ChecksList checks={w.checks} />}
      {rows.length > 0 && (
        <details>
          <summary>{t('criterion.rows', { n: rows.length })}</summary>
          <ul class="rows">
            {rows.map((r) => <li><span class={`check-n check-${r.check}`}><Icon name={CHECK_ICON[r.check] ?? 'question'} size={14} /> {word('check', r.check)}</span> <strong>{r.resource}</strong> <span class="soft">{r.reason}</span></li>)}
          </ul>
        </details>
      )}
      {onAdd && w.kind !== 'query' && w.status !== 'live' && <Button kind="quiet" icon="clip" onClick={onAdd}>{t('criterion.add_this')}</Button>}
    </li>
  );
}

function EvidencePart({ c, reload }: { c: Criterion; reload: () => void }) {
  const head = useHead();
  const { session } = useApp();
  const [open, setOpen] = useState<{ wanted: string | null } | null>(null);
  const mayEdit = session.may?.evidence ?? session.may?.answer ?? true;
  return (
    <Section title={t('criterion.evidence')} icon="clip" aside={mayEdit ? <Button icon="plus" onClick={() => setOpen({ wanted: null })}>{t('criterion.add')}</Button> : undefined}>
      {c.evidence_wanted.length > 0 && (
        <ul class="wanteds">{c.evidence_wanted.map((w) => <Wanted key={w.id} w={w} assessment={head.id} onAdd={mayEdit ? () => setOpen({ wanted: w.id }) : null} />)}</ul>
      )}
      {c.evidence.length === 0
        ? <p class="soft">{t('criterion.no_evidence')}</p>
        : (
          <ul class="evidences">
            {c.evidence.map((e) => (
              <li key={e.id}>
                <Icon name="file" />
                <div>
                  <p class="evidence-title">{e.title} <EvidenceState e={e} /></p>
                  <p class="soft small">{[e.owner, formatDay(e.date, lang()), e.expires ? t('evidence.until', { day: formatDay(e.expires, lang()) }) : '', e.place].filter(Boolean).join(' · ')}</p>
                  {e.file_name && <a class="small" href={address(`/assessments/${part(head.id)}/evidence/${part(e.id)}/file`)} download>{e.file_name}</a>}
                </div>
              </li>
            ))}
          </ul>
        )}
      {open && <EvidenceDrawer c={c} wanted={open.wanted} onClose={() => setOpen(null)} onChanged={reload} />}
    </Section>
  );
}

/** 申告と観測の不一致: both ways out weigh the same. */
export function DisputeForm({ id, dispute, onSaved }: { id: string; dispute: Dispute | null; onSaved: () => void }) {
  const head = useHead();
  const { say, session } = useApp();
  const [choice, setChoice] = useState<string>(dispute && dispute.choice !== 'open' ? dispute.choice : '');
  const [reason, setReason] = useState(dispute?.reason ?? '');
  const [isTried, setTried] = useState(false);
  const action = useAction();
  const mayEdit = session.may?.answer ?? true;
  const isDirty = choice !== (dispute && dispute.choice !== 'open' ? dispute.choice : '') || reason !== (dispute?.reason ?? '');
  useUnsaved(isDirty);
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (!choice || !reason.trim()) return;
    await action.run(async () => {
      await put(`/assessments/${part(head.id)}/criteria/${part(id)}/dispute`, { choice, reason: reason.trim() }, dispute?.revision ?? 0);
      setTried(false);
      say(t('dispute.saved'));
      onSaved();
    });
  };
  return (
    <form class="dispute" onSubmit={submit} noValidate>
      <Choices legend={t('dispute.legend')} name={`dispute-${id}`} value={choice} onInput={setChoice} isInline isOff={!mayEdit}
        error={isTried && !choice ? t('dispute.choose') : null}
        options={[
          { id: 'observation_wrong', name: t('dispute.observation_wrong'), note: t('dispute.observation_wrong_note'), icon: 'eye' },
          { id: 'answer_wrong', name: t('dispute.answer_wrong'), note: t('dispute.answer_wrong_note'), icon: 'speech' },
        ]} />
      <AreaField label={t('dispute.reason')} hint={t('dispute.reason_hint')} value={reason} onInput={setReason} isNeeded rows={2} error={isTried && !reason.trim() ? t('criterion.reason_needed') : null} />
      {action.error && <ErrorPanel error={action.error} title={t('error.not_saved')} />}
      <div class="row tight">
        <Button type="submit" isBusy={action.isBusy} isOff={!mayEdit}>{t('dispute.save')}</Button>
        {dispute?.by && <span class="soft small">{actorName(dispute.by) || t('desk.local')} · {formatDay(dispute.date, lang())}</span>}
      </div>
    </form>
  );
}

function ConfirmationShown({ c }: { c: Criterion }) {
  const k = c.confirmation;
  if (!k) return null;
  const mark = k.state === 'valid' ? k.decision : 'void';
  return (
    <Section title={t('criterion.confirmation')} icon="seal">
      <p class="row tight"><MarkChip mark={mark} /> <span>{k.expert.name}{k.expert.qualification ? `（${word('qualification', k.expert.qualification)} ${k.expert.registration}）` : ''} · {formatDay(k.date, lang())}</span></p>
      {k.state === 'void' && <p>{t('confirmation.void_text')}</p>}
      {k.state === 'expired' && <p>{t('confirmation.expired_text')}</p>}
      {k.advice && <Panel tone="info" icon="speech" title={t('confirmation.advice')}><p class="pre">{k.advice}</p></Panel>}
      <dl class="dl">
        {k.looked_at && <><dt>{t('confirmation.looked_at')}</dt><dd>{k.looked_at}</dd></>}
        <dt>{t('confirmation.how')}</dt><dd>{word('how', k.how)}</dd>
      </dl>
    </Section>
  );
}

function More({ c }: { c: Criterion }) {
  return (
    <>
      {c.refs.length > 0 && (
        <details class="fold"><summary>{t('criterion.refs')}</summary>
          <dl class="dl">{c.refs.map((r) => <><dt>{word('ref', r.column)}</dt><dd>{r.items.join(t('common.comma'))}</dd></>)}</dl>
        </details>
      )}
      <details class="fold"><summary>{t('criterion.history', { n: c.history.length })}</summary>
        {c.history.length === 0 ? <p class="soft">{t('criterion.no_history')}</p> : (
          <ol class="history">
            {c.history.map((h) => <li><span class="soft">{formatTime(h.time, lang())}</span> {actorName(h.actor) || t('desk.local')}{t('common.colon')}{(h.from ?? 'open') === (h.to ?? 'open') ? t('criterion.change_other', { state: word('state', h.to ?? 'open') }) : t('criterion.change', { from: word('state', h.from ?? 'open'), to: word('state', h.to ?? 'open') })}{h.reason ? <span class="soft"> – {h.reason}</span> : null}</li>)}
          </ol>
        )}
      </details>
    </>
  );
}

function Shortcuts({ onClose }: { onClose: () => void }) {
  const [isOn, setOn] = useState(keysOn());
  const set = (on: boolean) => {
    setOn(on);
    try {
      localStorage.setItem(KEYS_STORED, on ? 'on' : 'off');
    } catch {
      // Without storage the keys stay as they are.
    }
  };
  return (
    <Dialog title={t('keys.title')} onClose={onClose}>
      <dl class="keys">
        <dt><kbd>1</kbd> – <kbd>5</kbd></dt><dd>{t('keys.choose')}</dd>
        <dt><kbd>Ctrl</kbd> + <kbd>Enter</kbd></dt><dd>{t('keys.save')}</dd>
        <dt><kbd>[</kbd> <kbd>]</kbd></dt><dd>{t('keys.move')}</dd>
        <dt><kbd>Esc</kbd></dt><dd>{t('keys.close')}</dd>
      </dl>
      <CheckField label={t('keys.single')} value={isOn} onInput={set} />
    </Dialog>
  );
}

function Pager({ c, id, label }: { c: Criterion; id: string; label: Key }) {
  return (
    <nav class="pager" aria-label={t(label)}>
      {c.previous ? <a href={to(id, 'criteria', c.previous)}><Icon name="back" /><span>{t('criterion.previous')} <b>{c.previous}</b></span></a> : <span />}
      <a href={to(id, 'criteria')}><Icon name="list" /><span>{t('criterion.up')}</span></a>
      {c.next ? <a href={to(id, 'criteria', c.next)}><span>{t('criterion.next')} <b>{c.next}</b></span><Icon name="forward" /></a> : <span />}
    </nav>
  );
}

export function CriterionPage({ id }: { id: string }) {
  const head = useHead();
  const { reloadHead, session } = useApp();
  const [hasKeys, setKeys] = useState(false);
  const load = useLoad(`criterion ${head.id} ${id} ${session.acting_as ?? ''}`, () => get<Criterion>(`/assessments/${part(head.id)}/criteria/${part(id)}`));
  const templates = useLoad('templates', templatesOrNone);
  const c = load.data;
  if (load.error) return <><PageHead title={id} /><ErrorPanel error={load.error} retry={load.reload} /></>;
  if (!c) return <><PageHead title={id} /><Loading /></>;
  const changed = () => {
    load.reload();
    reloadHead();
  };
  return (
    <article class="criterion">
      <PageHead title={c.title} over={<><span class="id-badge">{c.id}</span><span>{t('criterion.of', { requirement: [c.requirement, c.requirement_title].filter(Boolean).join(' ') })}</span><span class="over-end no-print"><Button kind="quiet" icon="keyboard" onClick={() => setKeys(true)}>{t('keys.title')}</Button></span></>} />
      <Pager c={c} id={head.id} label="criterion.pager" />
      <div class="criterion-grid">
        <div class="guides">
          <GuideCard icon="question" title="guide.asked" text={c.help.asked} tone="is-asked" />
          <OfficialText c={c} id={head.id} />
          <GuideCard icon="warn" title="guide.why" text={c.help.why} />
          <GuideCard icon="coin" title="guide.cheap" text={c.help.cheap} />
          <GuideCard icon="team" title="guide.example" text={c.help.example} />
          <GuideCard icon="clip" title="guide.proof" text={c.help.proof} />
          <GuideCard icon="search" title="guide.looks_at" text={c.help.looks_at} />
          {c.help.closed_by && c.help.closed_by.length > 0 && (
            <section class="guide" aria-label={t('guide.closed_by')}>
              <h2><Icon name="download" /><span>{t('guide.closed_by')}</span></h2>
              <ClosedBy items={c.help.closed_by} templates={templates.data ?? []} />
            </section>
          )}
        </div>
        <div class="work">
          {c.observed === 'contradicts' && (
            <Section title={t('dispute.title')} icon="swap" class="is-dispute">
              <p>{t('dispute.text')}</p>
              <DisputeForm key={c.dispute?.revision ?? 0} id={c.id} dispute={c.dispute} onSaved={changed} />
            </Section>
          )}
          <AnswerForm c={c} onSaved={(now) => { load.set(now); reloadHead(); }} />
          <EvidencePart c={c} reload={changed} />
          <ConfirmationShown c={c} />
          <More c={c} />
        </div>
      </div>
      <Pager c={c} id={head.id} label="criterion.pager_end" />
      {hasKeys && <Shortcuts onClose={() => setKeys(false)} />}
    </article>
  );
}

