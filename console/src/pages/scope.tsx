// SPDX-License-Identifier: Apache-2.0
// What the assessment covers: written left, drawn right, dated, saved as one.
import { useEffect, useState } from 'preact/hooks';
import { get, part, Problem, put } from '../api';
import { PageHead } from '../app';
import { lang, t, word, type Key } from '../i18n';
import { formatDay, isDay, today } from '../lib/format';
import type { Scope } from '../types';
import { AreaField, Button, ErrorPanel, Loading, Panel, Section, TextField } from '../ui/basic';
import { Conflict } from '../ui/dialog';
import { asProblem, useApp, useHead, useLoad } from '../ui/hooks';
import { Icon, type IconName } from '../ui/icons';
import { useUnsaved } from '../ui/leave';
import { ScopeDrawing } from '../ui/pictures';

type Kind = 'companies' | 'sites' | 'networks' | 'clouds' | 'out';
type Item = Record<string, string | number | null>;

const KINDS: { kind: Kind; icon: IconName; fields: { name: string; label: Key; isNumber?: boolean }[] }[] = [
  { kind: 'companies', icon: 'building', fields: [{ name: 'name', label: 'scope.f_company' }, { name: 'note', label: 'scope.f_note' }] },
  { kind: 'sites', icon: 'place', fields: [{ name: 'name', label: 'scope.f_site' }, { name: 'people', label: 'scope.f_people', isNumber: true }, { name: 'note', label: 'scope.f_note' }] },
  { kind: 'networks', icon: 'network', fields: [{ name: 'name', label: 'scope.f_network' }, { name: 'note', label: 'scope.f_note' }] },
  { kind: 'clouds', icon: 'cloud', fields: [{ name: 'name', label: 'scope.f_cloud' }, { name: 'use', label: 'scope.f_use' }, { name: 'note', label: 'scope.f_note' }] },
  { kind: 'out', icon: 'out', fields: [{ name: 'name', label: 'scope.f_out' }, { name: 'why', label: 'scope.f_why' }, { name: 'touches', label: 'scope.f_touches' }] },
];

const ITEMS_MAX = 50; // of one kind, drawn and edited

function emptyScope(): Scope {
  return { revision: 0, date: null, companies: [], sites: [], networks: [], clouds: [], out: [], note: '' };
}

function filled(scope: Partial<Scope> | null): Scope {
  return { ...emptyScope(), ...(scope ?? {}) };
}

/** Without rows nobody named. */
function tidy(scope: Scope): Scope {
  const keep = <T extends { name: string }>(items: T[]) => items.filter((i) => i.name.trim() !== '');
  return { ...scope, companies: keep(scope.companies), sites: keep(scope.sites), networks: keep(scope.networks), clouds: keep(scope.clouds), out: keep(scope.out) };
}

function Items({ kind, icon, fields, items, onChange }: (typeof KINDS)[number] & { items: Item[]; onChange: (items: Item[]) => void }) {
  const set = (i: number, name: string, value: string | number | null) => onChange(items.map((item, k) => (k === i ? { ...item, [name]: value } : item)));
  const blank = Object.fromEntries(fields.map((f) => [f.name, f.isNumber ? null : '']));
  return (
    <fieldset class={`items items-${kind}`}>
      <legend><Icon name={icon} /> {word('scope', kind)}</legend>
      <p class="hint">{word('scope.hint', kind)}</p>
      {items.map((item, i) => (
        <div class="item" role="group" aria-label={t('scope.item', { kind: word('scope', kind), n: i + 1 })}>
          {fields.map((f) => (
            <TextField label={t(f.label)} value={String(item[f.name] ?? '')} type={f.isNumber ? 'number' : 'text'} min={f.isNumber ? '0' : undefined} length={300}
              class={f.isNumber ? 'narrow' : ''}
              onInput={(v) => set(i, f.name, f.isNumber ? (v === '' ? null : Math.max(0, Math.round(Number(v)))) : v)} />
          ))}
          <Button kind="quiet" icon="bin" label={t('scope.remove', { name: String(item.name || i + 1) })} onClick={() => onChange(items.filter((_, k) => k !== i))} />
        </div>
      ))}
      {items.length < ITEMS_MAX && <Button icon="plus" onClick={() => onChange([...items, { ...blank }])}>{word('scope.add', kind)}</Button>}
    </fieldset>
  );
}

function short(scope: Scope, kind: Kind): string {
  return (scope[kind] as { name: string }[]).map((i) => i.name).join('\n');
}

export function ScopePage() {
  const head = useHead();
  const { reloadHead, say, session } = useApp();
  const path = `/assessments/${part(head.id)}/scope`;
  const load = useLoad(`scope ${head.id}`, () => get<Partial<Scope>>(path));
  const [scope, setScope] = useState<Scope | null>(null);
  const [base, setBase] = useState<Scope>(emptyScope());
  const [error, setError] = useState<Problem | null>(null);
  const [theirs, setTheirs] = useState<Scope | null>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    if (!load.data) return;
    const now = filled(load.data);
    setBase(now);
    setScope(now.date ? now : { ...now, date: today() });
  }, [load.data]);
  const isDirty = scope !== null && JSON.stringify(tidy({ ...scope, date: base.date ?? scope.date })) !== JSON.stringify(tidy({ ...base, date: base.date ?? scope.date }))
    || (scope !== null && base.date !== null && scope.date !== base.date);
  useUnsaved(isDirty);
  if (load.error) return <><PageHead title={t('page.scope')} /><ErrorPanel error={load.error} retry={load.reload} /></>;
  if (!scope) return <><PageHead title={t('page.scope')} /><Loading /></>;
  const dateFault = scope.date && isDay(scope.date) ? null : t('form.date_form');
  const save = async (revision: number) => {
    if (dateFault || isBusy) return;
    setBusy(true);
    setError(null);
    try {
      const { revision: _, ...body } = tidy(scope);
      const now = filled(await put<Scope>(path, body, revision));
      setBase(now);
      setScope(now);
      setTheirs(null);
      reloadHead();
      say(t('scope.saved'));
    } catch (fault) {
      const problem = asProblem(fault);
      if (problem.code === 'changed-meanwhile') setTheirs(filled(await get<Scope>(path)));
      else setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const drawn = tidy(scope);
  const isEmpty = KINDS.every(({ kind }) => drawn[kind].length === 0);
  const mayEdit = session.may?.scope ?? session.may?.answer ?? true;
  return (
    <>
      <PageHead title={t('page.scope')} lead={t('scope.lead')} />
      <Section title={t('scope.drawing')} icon="eye" aside={base.date ? <span class="soft">{t('scope.as_of', { day: formatDay(base.date, lang()) })}</span> : undefined}>
        {isEmpty ? <Panel icon="frame" title={t('scope.empty')}><p>{t('scope.empty_text')}</p></Panel> : <ScopeDrawing scope={drawn} />}
      </Section>
      <Section title={t('scope.edit')} icon="pen">
        <form onSubmit={(e) => { e.preventDefault(); void save(base.revision); }} noValidate>
          <fieldset class="bare" disabled={!mayEdit}>
            <div class="scope-items">
              {KINDS.map((k) => <Items key={k.kind} {...k} items={scope[k.kind] as unknown as Item[]} onChange={(items) => setScope({ ...scope, [k.kind]: items } as Scope)} />)}
            </div>
            <div class="fields">
              <TextField label={t('scope.date')} hint={t('scope.date_hint')} type="date" value={scope.date ?? ''} onInput={(date) => setScope({ ...scope, date })} isNeeded error={dateFault} />
              <AreaField label={t('scope.note')} value={scope.note} onInput={(note) => setScope({ ...scope, note })} isOptional rows={2} />
            </div>
          </fieldset>
          {error && <ErrorPanel error={error} title={t('error.not_saved')} />}
          {theirs && (
            <Conflict isBusy={isBusy} rows={[
              ...KINDS.map(({ kind }): [string, string, string] => [word('scope', kind), short(theirs, kind), short(drawn, kind)]),
              [t('scope.date'), theirs.date ?? '', scope.date ?? ''], [t('scope.note'), theirs.note, scope.note],
            ]} onTheirs={() => { setBase(theirs); setScope(theirs); setTheirs(null); }} onMine={() => void save(theirs.revision)} />
          )}
          <div class="savebar">
            <Button kind="primary" type="submit" isBusy={isBusy} isOff={!mayEdit}>{t('scope.save')}</Button>
            {isDirty && <span class="unsaved"><Icon name="pen" size={15} /> {t('common.unsaved')}</span>}
          </div>
        </form>
      </Section>
    </>
  );
}
