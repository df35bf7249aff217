// SPDX-License-Identifier: Apache-2.0
// What an analyst does with a situation: take it on, say whose word it is, put together, part.
import { useState } from 'preact/hooks';
import { get, part, post, put } from '../../api';
import { t, word } from '../../i18n';
import { AreaField, Button, Choices, ErrorPanel, SelectField, TextField } from '../../ui/basic';
import { Dialog } from '../../ui/dialog';
import { useAction, useLoad } from '../../ui/hooks';
import type { IconName } from '../../ui/icons';
import { useHub } from '../context';
import { nextStates } from '../logic';
import { headline } from '../parts';
import { hubTo } from '../route';
import type { Certainty, Situation, SituationEvent, State } from '../types';

const ICONS: Partial<Record<State, IconName>> = { check: 'search', confirmed: 'warn', noise: 'out', notified: 'speech', acknowledged: 'eye', resolved: 'check' };

/** The time of a control of the browser and back; both in the zone of the person. */
function toLocal(time: string | null | undefined): string {
  if (!time) return '';
  const date = new Date(time);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

export function Actions({ s, onChange }: { s: Situation; onChange: (next: Situation) => void }) {
  const hub = useHub();
  const [step, setStep] = useState<State | null>(null);
  const [isEditing, setEditing] = useState(false);
  const [isSaying, setSaying] = useState(false);
  const take = useAction();
  const path = `/situations/${part(s.id)}`;
  const me = hub.session.person?.login ?? '';
  return (
    <div class="actions" role="group" aria-label={t('hub.actions')}>
      {nextStates(s.state).map((to, i) => <Button key={to} kind={i === 0 ? 'primary' : 'plain'} icon={ICONS[to]} onClick={() => setStep(to)}>{word('hub.to', to)}</Button>)}
      {me && s.assignee !== me && <Button icon="person" isBusy={take.isBusy} onClick={() => void take.run(async () => { onChange(await put<Situation>(path, { assignee: me })); hub.say(t('hub.taken')); })}>{t('hub.take')}</Button>}
      <Button icon="pen" onClick={() => setEditing(true)}>{t('hub.edit')}</Button>
      <Button icon="speech" onClick={() => setSaying(true)}>{t('hub.comment')}</Button>
      <p class="soft small actions-who">{t('hub.assignee_is', { who: s.assignee || t('hub.nobody') })}</p>
      {take.error && <ErrorPanel error={take.error} />}
      {step && <StepDialog s={s} to={step} onClose={() => setStep(null)} onChange={onChange} />}
      {isEditing && <EditDialog s={s} onClose={() => setEditing(false)} onChange={onChange} />}
      {isSaying && <CommentDialog s={s} onClose={() => setSaying(false)} onChange={onChange} />}
    </div>
  );
}

interface Of { s: Situation; onClose: () => void; onChange: (next: Situation) => void }

function StepDialog({ s, to, onClose, onChange }: Of & { to: State }) {
  const hub = useHub();
  const [text, setText] = useState('');
  const action = useAction();
  const go = async () => {
    const isDone = await action.run(async () => onChange(await post<Situation>(`/situations/${part(s.id)}/state`, { from: s.state, to, text: text || null })));
    if (isDone) {
      hub.say(t('hub.stepped', { state: word('hub.state', to) }));
      onClose();
    }
  };
  return (
    <Dialog title={word('hub.to', to)} onClose={onClose} footer={<><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind="primary" isBusy={action.isBusy} onClick={() => void go()}>{word('hub.to', to)}</Button></>}>
      {action.error && <ErrorPanel error={action.error} />}
      <p>{word('hub.to_means', to)}</p>
      <AreaField label={t('hub.why')} isOptional value={text} onInput={setText} />
    </Dialog>
  );
}

function EditDialog({ s, onClose, onChange }: Of) {
  const hub = useHub();
  const [assignee, setAssignee] = useState(s.assignee ?? '');
  const [due, setDue] = useState(toLocal(s.due));
  const [certainty, setCertainty] = useState<Certainty>(s.certainty);
  const before = s.certainty_source?.startsWith('person:') || s.certainty === 'machine' ? '' : (s.certainty_source ?? '');
  const [source, setSource] = useState(before);
  const action = useAction();
  const isMissing = certainty === 'confirmed' && source.trim() === '';
  const save = async () => {
    if (isMissing) return;
    const isDone = await action.run(async () => {
      const change: Record<string, unknown> = {};
      if (assignee !== (s.assignee ?? '')) change['assignee'] = assignee || null;
      if (due !== toLocal(s.due)) change['due'] = due ? `${new Date(due).toISOString().slice(0, 19)}Z` : null;
      if (certainty !== s.certainty || source !== before) {
        change['certainty'] = certainty;
        if (source.trim()) change['certainty_source'] = source.trim();
      }
      onChange(await put<Situation>(`/situations/${part(s.id)}`, change));
    });
    if (isDone) {
      hub.say(t('hub.saved'));
      onClose();
    }
  };
  return (
    <Dialog title={t('hub.edit')} onClose={onClose} footer={<><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind="primary" isBusy={action.isBusy} onClick={() => void save()}>{t('common.save')}</Button></>}>
      <div class="stack">
        {action.error && <ErrorPanel error={action.error} />}
        <TextField label={t('hub.assignee')} hint={t('hub.assignee_hint')} value={assignee} onInput={setAssignee} length={60} />
        <div class="field"><label for="due">{t('hub.due')}</label><input id="due" type="datetime-local" value={due} onInput={(e) => setDue(e.currentTarget.value)} /></div>
        <Choices legend={t('hub.certainty')} name="certainty" value={certainty} onInput={(v) => setCertainty(v as Certainty)}
          options={(['machine', 'analyst', 'confirmed'] as Certainty[]).map((id) => ({ id, name: word('hub.certainty', id), note: word('hub.certainty_note', id) }))} />
        {certainty !== 'machine' && <TextField label={t('hub.source')} hint={t('hub.source_hint')} value={source} onInput={setSource} length={60} isNeeded={certainty === 'confirmed'} error={isMissing ? t('hub.source_needed') : null} />}
      </div>
    </Dialog>
  );
}

function CommentDialog({ s, onClose, onChange }: Of) {
  const hub = useHub();
  const [text, setText] = useState('');
  const action = useAction();
  const save = async () => {
    if (!text.trim()) return;
    const isDone = await action.run(async () => onChange(await post<Situation>(`/situations/${part(s.id)}/comments`, { text })));
    if (isDone) {
      hub.say(t('hub.said'));
      onClose();
    }
  };
  return (
    <Dialog title={t('hub.comment')} onClose={onClose} footer={<><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind="primary" isBusy={action.isBusy} isOff={!text.trim()} onClick={() => void save()}>{t('hub.comment_save')}</Button></>}>
      {action.error && <ErrorPanel error={action.error} />}
      <AreaField label={t('hub.comment_text')} value={text} onInput={setText} rows={4} />
    </Dialog>
  );
}

export function Merge({ s, events, onChange }: { s: Situation; events: SituationEvent[]; onChange: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const isMerged = events.some((e) => e.what === 'merged' || e.what === 'joined');
  return (
    <>
      <Button icon="plus" onClick={() => setOpen(true)}>{t(isMerged ? 'hub.merge_or_not' : 'hub.merge')}</Button>
      {isOpen && <MergeDialog s={s} onClose={() => setOpen(false)} onChange={onChange} />}
    </>
  );
}

function MergeDialog({ s, onClose, onChange }: { s: Situation; onClose: () => void; onChange: () => void }) {
  const hub = useHub();
  const [other, setOther] = useState('');
  const [text, setText] = useState('');
  const action = useAction();
  const others = useLoad<Situation[]>(`others ${s.id}`, async () => (await get<{ items: Situation[] }>('/situations', { limit: '200' })).items.filter((o) => o.id !== s.id && (o.merged_into === null || o.merged_into === undefined || o.merged_into === s.number)));
  const chosen = others.data?.find((o) => o.id === other);
  const isApart = chosen?.merged_into === s.number && s.number !== undefined && chosen?.merged_into !== null && chosen !== undefined;
  const go = async () => {
    const isDone = await action.run(async () => {
      await post(`/situations/${part(s.id)}/${isApart ? 'unmerge' : 'merge'}`, { other, text: text || null });
    });
    if (isDone) {
      hub.say(t(isApart ? 'hub.unmerged' : 'hub.merged'));
      onChange();
      onClose();
    }
  };
  return (
    <Dialog title={t('hub.merge')} onClose={onClose} footer={<><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind="primary" isOff={!other} isBusy={action.isBusy} onClick={() => void go()}>{t(isApart ? 'hub.unmerge_go' : 'hub.merge_go')}</Button></>}>
      <div class="stack">
        {(action.error ?? others.error) && <ErrorPanel error={(action.error ?? others.error)!} />}
        <p>{t('hub.merge_text')}</p>
        {others.data && others.data.length === 0 && <p class="soft">{t('hub.merge_none')}</p>}
        {others.data && others.data.length > 0 && (
          <SelectField label={t('hub.merge_which')} value={other} onInput={setOther}
            options={[['', t('hub.choose_one')], ...others.data.map((o): [string, string] => [o.id, t(o.merged_into === s.number ? 'hub.merge_option_in' : 'hub.merge_option', { n: o.number ?? 0, what: headline(o) })])]} />
        )}
        <AreaField label={t('hub.why')} isOptional value={text} onInput={setText} />
      </div>
    </Dialog>
  );
}

export function Split({ s, chosen, setChosen, onChange, total }: { s: Situation; chosen: Set<string> | null; setChosen: (to: Set<string> | null) => void; onChange: () => void; total: number }) {
  const hub = useHub();
  const action = useAction();
  if (total < 2) return null;
  if (!chosen) return <Button icon="swap" onClick={() => setChosen(new Set())}>{t('hub.split')}</Button>;
  const go = async () => {
    let made: Situation | null = null;
    const isDone = await action.run(async () => {
      made = await post<Situation>(`/situations/${part(s.id)}/split`, { alerts: [...chosen] });
    });
    if (isDone && made) {
      setChosen(null);
      hub.say(t('hub.split_done'));
      onChange();
      location.hash = hubTo('situations', (made as Situation).id);
    }
  };
  return (
    <>
      <div class="row tight">
        <Button onClick={() => setChosen(null)}>{t('common.cancel')}</Button>
        <Button kind="primary" isOff={chosen.size === 0 || chosen.size === total} isBusy={action.isBusy} onClick={() => void go()}>{t('hub.split_go', { n: chosen.size })}</Button>
      </div>
      {action.error && <ErrorPanel error={action.error} />}
    </>
  );
}
