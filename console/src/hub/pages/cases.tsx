// SPDX-License-Identifier: Apache-2.0
// 相談: what somebody says by telephone or mail, written down while they speak; linked to a
// situation, closed with what came of it.
import { useState } from 'preact/hooks';
import { get, list, part, post, put } from '../../api';
import { lang, t, word } from '../../i18n';
import { formatTime } from '../../lib/format';
import { AreaField, Button, Chip, Choices, Empty, ErrorPanel, Loading, Panel, Section, SelectField, Table, TextField } from '../../ui/basic';
import { Dialog } from '../../ui/dialog';
import { useAction, useLoad } from '../../ui/hooks';
import { orgName, useHub, useLive, type HubState } from '../context';
import { Head } from '../head';
import { headline, When } from '../parts';
import { hubTo } from '../route';
import type { Case, Situation } from '../types';

const CHANNELS = ['telephone', 'mail', 'visit', 'other'] as const;
const FILTERS = ['open', 'closed', 'all'] as const;
const SHOWN = 50;
const EXCERPT = 80;

export function CaseChip({ one }: { one: Case }) {
  return <Chip tone={one.state === 'open' ? 'open' : 'evidenced'} icon={one.state === 'open' ? 'ring' : 'check'}>{word('hub.case_state', one.state)}</Chip>;
}

/** Open situations to link to, the one that is linked among them. */
function useSituations(linked: string | null) {
  return useLoad<[string, string][]>(`case situations ${linked ?? ''}`, async () => {
    const open = (await get<{ items: Situation[] }>('/situations', { state: 'open', limit: '200' })).items;
    if (linked && !open.some((s) => s.id === linked)) {
      const one = await get<Situation>(`/situations/${part(linked)}`).catch(() => null);
      if (one) open.push(one);
    }
    return open.map((s): [string, string] => [s.id, headline(s)]);
  });
}

function SituationField({ linked, value, onInput }: { linked: string | null; value: string; onInput: (id: string) => void }) {
  const load = useSituations(linked);
  return <SelectField label={t('hub.case_situation')} isOptional value={value} onInput={onInput} options={[['', t('hub.case_no_situation')], ...(load.data ?? [])]} />;
}

function orgOptions(hub: HubState): [string, string][] {
  return [['', t('hub.case_no_org')], ...hub.orgs.filter((o) => o.id !== 'hub' && !o.closed).map((o): [string, string] => [o.id, o.name || o.id])];
}

export function Cases({ query }: { query: URLSearchParams }) {
  const hub = useHub();
  const state = FILTERS.find((f) => f === query.get('state')) ?? 'open';
  const after = query.get('after') ?? '';
  const filter: Record<string, string> = { limit: String(SHOWN), ...(state === 'all' ? {} : { state }), ...(hub.org ? { org: hub.org } : {}), ...(after ? { after } : {}) };
  const load = useLive<{ items: Case[]; next?: string }>(`cases ${JSON.stringify(filter)}`, () => get('/cases', filter));
  const there = (more: Record<string, string>) => hubTo('cases', undefined, { state: state === 'open' ? '' : state, ...more });
  return (
    <>
      <Head title={word('hub.page', 'cases')} lead={t('hub.cases_lead')} />
      <NewCase />
      <Section title={t('hub.cases')} icon="list">
        <div class="filters hub-filters">
          <SelectField label={t('hub.filter_state')} value={state} onInput={(v) => { location.hash = hubTo('cases', undefined, { state: v === 'open' ? '' : v }); }} options={FILTERS.map((f) => [f, word('hub.case_filter', f)])} />
        </div>
        {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
        {!load.data && !load.error && <Loading />}
        {load.data && load.data.items.length === 0 && <Empty title={t('hub.cases_none')} icon="speech"><p>{t('hub.cases_none_more')}</p></Empty>}
        {load.data && load.data.items.length > 0 && <CaseTable items={load.data.items} />}
        {(load.data?.next || after) && (
          <p class="row more">
            {after && <a class="button plain" href={there({})}>{t('hub.first_page')}</a>}
            {load.data?.next && <a class="button plain" href={there({ after: load.data.next })}>{t('hub.next_page')}</a>}
          </p>
        )}
      </Section>
    </>
  );
}

function CaseTable({ items }: { items: Case[] }) {
  const hub = useHub();
  return (
    <Table caption={t('hub.cases')} rows={items} rowKey={(c) => c.id} columns={[
      { head: t('hub.col_number_of'), isMain: true, cell: (c) => <><a href={hubTo('cases', c.id)}>{c.number}</a><p class="hint">{c.text.length > EXCERPT ? `${c.text.slice(0, EXCERPT)}…` : c.text}</p></> },
      { head: t('hub.case_who'), cell: (c) => <>{c.who}<p class="hint">{c.org ? orgName(hub, c.org) : t('hub.case_no_org')}</p></> },
      { head: t('hub.case_channel'), cell: (c) => word('hub.channel', c.channel) },
      { head: t('hub.col_state_only'), cell: (c) => <CaseChip one={c} /> },
      { head: t('hub.case_received'), cell: (c) => <When time={c.received} /> },
    ]} />
  );
}

/** Two fields are needed; everything else can come later. */
function NewCase() {
  const hub = useHub();
  const [channel, setChannel] = useState<string>('telephone');
  const [org, setOrg] = useState(hub.org ?? '');
  const [who, setWho] = useState('');
  const [contact, setContact] = useState('');
  const [text, setText] = useState('');
  const [advice, setAdvice] = useState('');
  const [situation, setSituation] = useState('');
  const action = useAction();
  const isReady = who.trim() !== '' && text.trim() !== '';
  const save = async () => {
    if (!isReady) return;
    let made: Case | null = null;
    const isDone = await action.run(async () => {
      made = await post<Case>('/cases', { channel, org: org || null, who: who.trim(), contact: contact.trim() || null, text: text.trim(), advice: advice.trim() || null });
      if (situation) await put<Case>(`/cases/${part((made as Case).id)}/situation`, { situation });
    });
    const one = made as Case | null;
    if (one) {
      // It is kept, whatever became of the link: nobody shall write it twice.
      setWho('');
      setContact('');
      setText('');
      setAdvice('');
      setSituation('');
      hub.say(t('hub.case_saved', { number: one.number }));
      hub.touched();
    }
    if (one && !isDone) location.hash = hubTo('cases', one.id);
  };
  return (
    <Section title={t('hub.case_new')} icon="pen" class="card">
      {action.error && <ErrorPanel error={action.error} />}
      <form class="stack case-new" onSubmit={(e) => { e.preventDefault(); void save(); }}>
        <Choices legend={t('hub.case_channel')} name="channel" isInline value={channel} onInput={setChannel} options={CHANNELS.map((id) => ({ id, name: word('hub.channel', id) }))} />
        <TextField label={t('hub.case_who')} value={who} onInput={setWho} length={60} isNeeded />
        <AreaField label={t('hub.case_text')} value={text} onInput={setText} rows={4} isNeeded />
        <div class="two">
          <SelectField label={t('hub.case_org')} isOptional value={org} onInput={setOrg} options={orgOptions(hub)} />
          <TextField label={t('hub.case_contact')} value={contact} onInput={setContact} length={60} isOptional />
        </div>
        <AreaField label={t('hub.case_advice')} value={advice} onInput={setAdvice} rows={2} isOptional />
        <SituationField linked={null} value={situation} onInput={setSituation} />
        <div class="row"><Button kind="primary" type="submit" icon="check" isOff={!isReady} isBusy={action.isBusy}>{t('hub.case_save')}</Button></div>
      </form>
    </Section>
  );
}

export function CasePage({ id }: { id: string }) {
  const hub = useHub();
  const path = `/cases/${part(id)}`;
  const load = useLive<Case>(`case ${id}`, () => get<Case>(path));
  const [asked, setAsked] = useState<'close' | 'link' | null>(null);
  const [note, setNote] = useState('');
  const action = useAction();
  const c = load.data;
  if (load.error && !c) return <><Head title={word('hub.page', 'cases')} /><ErrorPanel error={load.error} retry={load.reload} /></>;
  if (!c) return <><h1 class="sr">{word('hub.page', 'cases')}</h1><Loading /></>;
  const done = (said: string, one: Case) => {
    load.set(one);
    hub.say(said);
    hub.touched();
    setAsked(null);
  };
  const addNote = () => action.run(async () => {
    done(t('hub.case_noted'), await put<Case>(path, { note: note.trim() }, c.revision));
    setNote('');
  });
  const reopen = () => action.run(async () => done(t('hub.case_reopened'), await post<Case>(`${path}/reopen`, {})));
  return (
    <>
      <Head title={t('hub.case_title', { number: c.number })} over={<><a href={hubTo('cases')}>{word('hub.page', 'cases')}</a><CaseChip one={c} /></>} />
      {action.error && <ErrorPanel error={action.error} retry={load.reload} />}
      <div class="actions" role="group" aria-label={t('hub.case_actions')}>
        {c.state === 'open' && <Button kind="primary" icon="check" onClick={() => setAsked('close')}>{t('hub.case_close')}</Button>}
        <Button icon="clip" onClick={() => setAsked('link')}>{t('hub.case_link')}</Button>
        {c.state === 'closed' && <Button icon="return" isBusy={action.isBusy} onClick={() => void reopen()}>{t('hub.case_reopen')}</Button>}
      </div>
      {c.outcome && <Panel tone="good" icon="check" title={t('hub.case_outcome')}><p class="pre">{c.outcome}</p></Panel>}
      <Section title={t('hub.case_text')} icon="speech" class="card">
        <p class="pre">{c.text}</p>
        <dl class="dl">
          <dt>{t('hub.case_who')}</dt><dd>{c.who}</dd>
          <dt>{t('hub.case_org')}</dt><dd>{c.org ? orgName(hub, c.org) : t('hub.case_no_org')}</dd>
          <dt>{t('hub.case_contact')}</dt><dd>{c.contact ?? t('hub.not_given')}</dd>
          <dt>{t('hub.case_channel')}</dt><dd>{word('hub.channel', c.channel)}</dd>
          <dt>{t('hub.case_received')}</dt><dd>{formatTime(c.received, lang())}</dd>
          <dt>{t('hub.case_advice')}</dt><dd class="pre">{c.advice ?? t('hub.not_given')}</dd>
          <dt>{t('hub.case_situation')}</dt><dd>{c.situation ? <a href={hubTo('situations', c.situation)}>{t('hub.to_situation')}</a> : t('hub.case_no_situation')}</dd>
        </dl>
      </Section>
      <Section title={t('hub.case_notes')} icon="history" class="card">
        {c.notes.length === 0 && <p class="soft">{t('hub.case_notes_none')}</p>}
        {c.notes.length > 0 && <ol class="events">{c.notes.map((n) => <li><p><time dateTime={n.time}>{formatTime(n.time, lang())}</time></p><p class="pre">{n.text}</p></li>)}</ol>}
        <form class="stack" onSubmit={(e) => { e.preventDefault(); if (note.trim()) void addNote(); }}>
          <AreaField label={t('hub.case_note')} value={note} onInput={setNote} rows={2} />
          <div class="row"><Button type="submit" icon="plus" isOff={!note.trim()} isBusy={action.isBusy}>{t('hub.case_note_add')}</Button></div>
        </form>
      </Section>
      {asked === 'close' && <CloseDialog c={c} onClose={() => setAsked(null)} onDone={(one) => done(t('hub.case_closed'), one)} />}
      {asked === 'link' && <LinkDialog c={c} onClose={() => setAsked(null)} onDone={(one) => done(t('hub.case_linked'), one)} />}
    </>
  );
}

function CloseDialog({ c, onClose, onDone }: { c: Case; onClose: () => void; onDone: (one: Case) => void }) {
  const [text, setText] = useState('');
  const action = useAction();
  const save = () => action.run(async () => onDone(await post<Case>(`/cases/${part(c.id)}/close`, { text: text.trim() })));
  return (
    <Dialog title={t('hub.case_close')} onClose={onClose} footer={<><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind="primary" isOff={!text.trim()} isBusy={action.isBusy} onClick={() => void save()}>{t('hub.case_close')}</Button></>}>
      {action.error && <ErrorPanel error={action.error} />}
      <AreaField label={t('hub.case_outcome')} value={text} onInput={setText} rows={3} isNeeded />
    </Dialog>
  );
}

function LinkDialog({ c, onClose, onDone }: { c: Case; onClose: () => void; onDone: (one: Case) => void }) {
  const [situation, setSituation] = useState(c.situation ?? '');
  const action = useAction();
  const save = () => action.run(async () => onDone(await put<Case>(`/cases/${part(c.id)}/situation`, { situation: situation || null })));
  return (
    <Dialog title={t('hub.case_link')} onClose={onClose} footer={<><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind="primary" isBusy={action.isBusy} onClick={() => void save()}>{t('common.save')}</Button></>}>
      {action.error && <ErrorPanel error={action.error} />}
      <SituationField linked={c.situation} value={situation} onInput={setSituation} />
    </Dialog>
  );
}

/** On the page of a situation: what people said about it. Nothing where nobody did. */
export function CasesOf({ situation }: { situation: string }) {
  const load = useLive<Case[]>(`cases of ${situation}`, async () => (await list<Case>('/cases', { situation })).items);
  if (load.error) return <ErrorPanel error={load.error} retry={load.reload} />;
  if (!load.data || load.data.length === 0) return null;
  return <Section title={t('hub.cases_of', { n: load.data.length })} icon="speech"><CaseTable items={load.data} /></Section>;
}
