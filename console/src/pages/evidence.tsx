// SPDX-License-Identifier: Apache-2.0
// The evidence drawer: what is attached, what could be attached, a new record with its file.
import { useState } from 'preact/hooks';
import { address, get, list, part, post, put, remove, upload, UPLOAD_MAX } from '../api';
import { lang, t, word } from '../i18n';
import { addMonths, formatDay, formatSize, isDay, periodParts, today } from '../lib/format';
import { whoAnswers } from '../lib/who';
import type { Criterion, Evidence } from '../types';
import { AreaField, Button, Chip, ErrorPanel, FileField, Loading, SelectField, TextField } from '../ui/basic';
import { Confirm, Dialog } from '../ui/dialog';
import { asProblem, useAction, useApp, useHead, useLoad } from '../ui/hooks';
import { useUnsaved } from '../ui/leave';

export function EvidenceState({ e }: { e: Evidence }) {
  switch (e.state) {
    case 'live': return <Chip tone="evidenced" icon="check">{t('evidence.live')}</Chip>;
    case 'expired': return <Chip tone="partly" icon="clock">{t('evidence.expired')}</Chip>;
    default: return <Chip tone="not_met" icon="warn">{t('evidence.changed')}</Chip>;
  }
}

const TRIES = 3;

/**
 * Tie evidence to the answer of a criterion, or untie it: the answer's own words stay as they are
 * stored, so a change meanwhile by someone else only means to read and try again.
 */
async function tieToAnswer(assessment: string, criterion: string, change: (ids: string[]) => string[]): Promise<void> {
  const path = `/assessments/${part(assessment)}/criteria/${part(criterion)}`;
  for (let turn = 1; ; turn++) {
    const now = await get<Criterion>(path);
    const answer = now.answer;
    const evidence = change(answer?.evidence ?? []);
    const words = answer
      ? { state: answer.value ? String(answer.value) : answer.state, reason: answer.reason, note: answer.note, by: answer.by, date: answer.date }
      : { state: 'open', date: today() };
    try {
      await put<Criterion>(`${path}/answer`, { ...words, evidence }, answer?.revision ?? 0);
      return;
    } catch (fault) {
      if (asProblem(fault).code !== 'changed-meanwhile' || turn === TRIES) throw fault;
    }
  }
}

/** What a PUT takes: the object without what the server works out. */
function bodyOf(e: Evidence): Record<string, unknown> {
  const { id: _i, revision: _r, state: _s, file_name: _f, size: _z, sha256: _h, ...body } = e;
  return body;
}

interface NewRecord { kind: string; title: string; owner: string; date: string; expires: string; place: string; note: string; wanted: string }

function NewEvidence({ c, wanted, onDone }: { c: Criterion; wanted: string | null; onDone: () => void }) {
  const head = useHead();
  const { session, say } = useApp();
  const first = c.evidence_wanted.find((w) => w.id === wanted);
  const expiry = (id: string, date: string): string => {
    const parts = periodParts(c.evidence_wanted.find((w) => w.id === id)?.max_age);
    if (!parts || !isDay(date)) return '';
    if (parts.unit === 'days') return '';
    return addMonths(date, parts.n * (parts.unit === 'years' ? 12 : 1));
  };
  const blank: NewRecord = {
    kind: 'record', title: first?.name ?? '', owner: whoAnswers(session.actor), date: today(), expires: expiry(wanted ?? '', today()), place: '', note: '', wanted: wanted ?? '',
  };
  const [r, setR] = useState(blank);
  const [file, setFile] = useState<File | null>(null);
  const [isTried, setTried] = useState(false);
  const action = useAction();
  useUnsaved(file !== null || JSON.stringify(r) !== JSON.stringify(blank));
  const set = (name: keyof NewRecord) => (value: string) => setR((old) => ({ ...old, [name]: value }));
  const faults = {
    title: r.title.trim() ? null : t('evidence.title_needed'),
    owner: r.owner.trim() ? null : t('evidence.owner_needed'),
    date: !isDay(r.date) ? t('form.date_form') : r.date > today() ? t('form.date_future') : null,
    expires: r.expires === '' ? null : !isDay(r.expires) ? t('form.date_form') : isDay(r.date) && r.expires < r.date ? t('evidence.expires_before') : null,
    file: file && file.size > UPLOAD_MAX ? t('form.file_large', { size: formatSize(file.size) }) : null,
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (Object.values(faults).some(Boolean)) return;
    await action.run(async () => {
      const base = `/assessments/${part(head.id)}/evidence`;
      const made = await post<Evidence>(base, {
        kind: r.kind, title: r.title.trim(), owner: r.owner.trim(), date: r.date, expires: r.expires || null, place: r.place.trim(), note: r.note.trim(),
        criteria: [c.id], wanted: r.wanted ? { [c.id]: r.wanted } : {},
      });
      if (file) await upload('POST', `${base}/${part(made.id)}/file`, file);
      await tieToAnswer(head.id, c.id, (ids) => [...ids, made.id]);
      say(t('evidence.added', { title: made.title }));
      onDone();
    });
  };
  return (
    <form onSubmit={submit} noValidate class="stack">
      {c.evidence_wanted.filter((w) => w.kind !== 'query').length > 0 && (
        <SelectField label={t('evidence.for')} value={r.wanted} onInput={(id) => setR({ ...r, wanted: id, title: r.title || (c.evidence_wanted.find((w) => w.id === id)?.name ?? ''), expires: expiry(id, r.date) || r.expires })}
          options={[['', t('evidence.for_other')], ...c.evidence_wanted.filter((w) => w.kind !== 'query').map((w): [string, string] => [w.id, w.name])]} />
      )}
      <SelectField label={t('evidence.kind')} value={r.kind} onInput={set('kind')}
        options={(['record', 'statement', 'service', 'exchange'] as const).map((k): [string, string] => [k, word('kind', k)])} />
      <TextField label={t('evidence.title')} hint={t('evidence.title_hint')} value={r.title} onInput={set('title')} isNeeded length={300} error={isTried ? faults.title : null} />
      <div class="fields">
        <TextField label={t('evidence.owner')} value={r.owner} onInput={set('owner')} isNeeded length={100} error={isTried ? faults.owner : null} />
        <TextField label={t('evidence.date')} type="date" max={today()} value={r.date} onInput={set('date')} isNeeded error={isTried ? faults.date : null} />
        <TextField label={t('evidence.expires')} hint={t('evidence.expires_hint')} type="date" value={r.expires} onInput={set('expires')} isOptional error={isTried ? faults.expires : null} />
      </div>
      <TextField label={t('evidence.place')} hint={t('evidence.place_hint')} value={r.place} onInput={set('place')} isOptional length={500} />
      <FileField label={t('evidence.file')} hint={t('evidence.file_hint')} file={file} onInput={setFile} isOptional error={faults.file} />
      <AreaField label={t('evidence.note')} value={r.note} onInput={set('note')} isOptional rows={2} />
      {action.error && <ErrorPanel error={action.error} title={t('error.not_saved')} />}
      <div class="row"><Button kind="primary" type="submit" isBusy={action.isBusy}>{t('evidence.add')}</Button></div>
    </form>
  );
}

export function EvidenceDrawer({ c, wanted, onClose, onChanged }: { c: Criterion; wanted: string | null; onClose: () => void; onChanged: () => void }) {
  const head = useHead();
  const { say } = useApp();
  const base = `/assessments/${part(head.id)}/evidence`;
  const load = useLoad(`evidence ${head.id}`, async () => (await list<Evidence>(base)).items);
  const [isAdding, setAdding] = useState(wanted !== null || c.evidence.length === 0);
  const [going, setGoing] = useState<Evidence | null>(null);
  const action = useAction();
  const changed = () => {
    load.reload();
    onChanged();
  };
  const tie = (e: Evidence, isTied: boolean) => action.run(async () => {
    const now = await get<{ items: Evidence[] }>(base, { limit: '1000' });
    const fresh = now.items.find((x) => x.id === e.id) ?? e;
    const criteria = isTied ? [...new Set([...fresh.criteria, c.id])] : fresh.criteria.filter((x) => x !== c.id);
    const serves = Object.fromEntries(Object.entries(fresh.wanted ?? {}).filter(([k]) => k !== c.id));
    if (isTied && wanted) serves[c.id] = wanted;
    await put<Evidence>(`${base}/${part(e.id)}`, { ...bodyOf(fresh), criteria, wanted: serves }, fresh.revision);
    await tieToAnswer(head.id, c.id, (ids) => (isTied ? [...new Set([...ids, e.id])] : ids.filter((x) => x !== e.id)));
    say(t(isTied ? 'evidence.tied' : 'evidence.untied', { title: e.title }));
    changed();
  });
  const drop = (e: Evidence) => action.run(async () => {
    await remove(`${base}/${part(e.id)}`, e.revision);
    setGoing(null);
    say(t('evidence.removed', { title: e.title }));
    changed();
  });
  const items = load.data ?? [];
  const tied = new Set(c.evidence.map((e) => e.id));
  const here = items.filter((e) => tied.has(e.id));
  const others = items.filter((e) => !tied.has(e.id));
  const row = (e: Evidence, isHere: boolean) => (
    <li key={e.id} class="drawer-item">
      <div>
        <p class="evidence-title">{e.title} <EvidenceState e={e} /></p>
        <p class="soft small">{[word('kind', e.kind), e.owner, formatDay(e.date, lang()), e.expires ? t('evidence.until', { day: formatDay(e.expires, lang()) }) : ''].filter(Boolean).join(' · ')}</p>
        {e.place && <p class="soft small">{t('evidence.place')}{t('common.colon')}{e.place}</p>}
        {e.file_name && <p class="small"><a href={address(`${base}/${part(e.id)}/file`)} download>{e.file_name}</a> <span class="soft">{formatSize(e.size)}</span></p>}
        {e.sha256 && <p class="digest small">SHA-256 {e.sha256}</p>}
      </div>
      <div class="row tight">
        {isHere
          ? <><Button kind="quiet" onClick={() => void tie(e, false)}>{t('evidence.untie')}</Button><Button kind="quiet" icon="bin" label={t('evidence.remove', { title: e.title })} onClick={() => setGoing(e)} /></>
          : <Button icon="clip" onClick={() => void tie(e, true)}>{t('evidence.tie')}</Button>}
      </div>
    </li>
  );
  return (
    <Dialog isDrawer title={t('evidence.drawer', { id: c.id })} onClose={onClose}>
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {action.error && <ErrorPanel error={action.error} title={t('error.not_saved')} />}
      {!load.data && !load.error && <Loading />}
      {here.length > 0 && <><h3>{t('evidence.here')}</h3><ul class="drawer-list">{here.map((e) => row(e, true))}</ul></>}
      <h3>{t('evidence.new')}</h3>
      {isAdding ? <NewEvidence c={c} wanted={wanted} onDone={() => { changed(); onClose(); }} /> : <Button icon="plus" onClick={() => setAdding(true)}>{t('evidence.new_open')}</Button>}
      {others.length > 0 && <><h3>{t('evidence.others')}</h3><p class="hint">{t('evidence.others_hint')}</p><ul class="drawer-list">{others.map((e) => row(e, false))}</ul></>}
      {going && <Confirm title={t('evidence.remove_title')} text={t('evidence.remove_text', { title: going.title, n: going.criteria.length })} go={t('evidence.remove_go')} onGo={() => void drop(going)} onClose={() => setGoing(null)} isBusy={action.isBusy} />}
    </Dialog>
  );
}
