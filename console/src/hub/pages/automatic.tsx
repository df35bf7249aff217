// SPDX-License-Identifier: Apache-2.0
// For analysts: rules whose findings warn at once, unconfirmed. A person switches each on, on what was measured.
import { useState } from 'preact/hooks';
import { get, put } from '../../api';
import { t, word } from '../../i18n';
import { Button, Chip, Empty, ErrorPanel, Field, Loading, Panel, Section, Table, TextField } from '../../ui/basic';
import { Dialog } from '../../ui/dialog';
import { useAction, useLoad } from '../../ui/hooks';
import { useHub, useLive } from '../context';
import { fixed } from '../fixed';
import { titleOf, When } from '../parts';
import type { AutomaticRule, Finding } from '../types';

const NOW_MAX = 50; // rules whose judgements are counted anew for the page

/** Noise among what was judged, as people write it; nothing judged is no number. */
export function rateText(r: Pick<AutomaticRule, 'judged' | 'noise' | 'rate'>): string {
  if (r.judged === 0 || r.rate === null) return t('hub.auto_unjudged');
  return t('hub.auto_rate', { rate: r.rate, noise: r.noise, judged: r.judged });
}

/** The reason of the machine itself in the language of the pages; a person's as it was written. */
function reasonText(r: AutomaticRule): string {
  return r.by === 'hub' && r.reason === 'one of its warnings was withdrawn' ? t('hub.auto_withdrawn') : r.reason;
}

async function measured(rule: string): Promise<AutomaticRule> {
  return (await get<{ items: AutomaticRule[] }>('/automatic-rules', { rule })).items[0] as AutomaticRule;
}

async function rules(): Promise<AutomaticRule[]> {
  const kept = (await get<{ items: AutomaticRule[] }>('/automatic-rules')).items;
  const now = await Promise.all(kept.slice(0, NOW_MAX).map((r) => measured(r.rule)));
  return [...now, ...kept.slice(NOW_MAX)].sort((a, b) => Number(b.on) - Number(a.on) || a.rule.localeCompare(b.rule));
}

export function AutomaticSection() {
  const hub = useHub();
  const load = useLive<AutomaticRule[]>('automatic', rules);
  const [asked, setAsked] = useState<AutomaticRule | null>(null);
  const [isFinding, setFinding] = useState(false);
  return (
    <Section title={t('hub.auto')} icon="swap" aside={<Button icon="search" onClick={() => setFinding(true)}>{t('hub.auto_find')}</Button>}>
      <p class="soft">{t('hub.auto_lead', { mark: fixed('unconfirmed') })}</p>
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {load.data && load.data.length === 0 && <Empty title={t('hub.auto_none')} icon="swap"><p>{t('hub.auto_none_more')}</p></Empty>}
      {load.data && load.data.length > 0 && (
        <Table caption={t('hub.auto')} rows={load.data} rowKey={(r) => r.id} columns={[
          { head: t('hub.auto_rule'), isMain: true, cell: (r) => <code>{r.rule}</code> },
          { head: t('hub.col_state_only'), cell: (r) => <><AutomaticChip on={r.on} />{reasonText(r) && <p class="hint">{reasonText(r)}</p>}</> },
          { head: t('hub.auto_rate_head'), cell: (r) => rateText(r) },
          { head: t('hub.auto_sent'), isNumber: true, cell: (r) => r.warnings },
          { head: t('hub.auto_when'), cell: (r) => (r.time ? <When time={r.time} /> : '') },
          { head: t('hub.col_do'), cell: (r) => <SwitchButton r={r} onClick={() => setAsked(r)} /> },
        ]} />
      )}
      {isFinding && <FindDialog onClose={() => setFinding(false)} onChosen={(r) => { setFinding(false); setAsked(r); }} />}
      {asked && <SwitchDialog r={asked} onClose={() => setAsked(null)} onDone={(on) => { setAsked(null); hub.say(t(on ? 'hub.auto_is_on' : 'hub.auto_is_off')); hub.touched(); }} />}
    </Section>
  );
}

function AutomaticChip({ on }: { on: boolean }) {
  return <Chip tone={on ? 'partly' : 'na'} icon={on ? 'forward' : 'out'}>{word('hub.auto_state', on ? 'on' : 'off')}</Chip>;
}

function SwitchButton({ r, onClick }: { r: AutomaticRule; onClick: () => void }) {
  if (r.on) return <Button kind="danger" icon="out" label={t('hub.auto_off_of', { rule: r.rule })} onClick={onClick}>{t('hub.auto_off')}</Button>;
  return r.may ? <Button icon="forward" label={t('hub.auto_on_of', { rule: r.rule })} onClick={onClick}>{t('hub.auto_on')}</Button> : <span class="hint">{t('hub.auto_may_not')}</span>;
}

/** Any rule that found something of late, with what was judged of it. */
function FindDialog({ onClose, onChosen }: { onClose: () => void; onChosen: (r: AutomaticRule) => void }) {
  const [rule, setRule] = useState('');
  const [found, setFound] = useState<AutomaticRule | null>(null);
  const recent = useLoad<Map<string, string>>('automatic recent', async () => {
    const items = (await get<{ items: Finding[] }>('/findings', { limit: '1000' })).items;
    return new Map(items.map((f) => [f.rule, titleOf(f)]));
  });
  const action = useAction();
  const look = async () => {
    if (!rule.trim()) return;
    await action.run(async () => setFound(await measured(rule.trim())));
  };
  return (
    <Dialog title={t('hub.auto_find')} onClose={onClose} footer={<><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind="primary" icon="search" isOff={!rule.trim()} isBusy={action.isBusy} onClick={() => void look()}>{t('hub.auto_look')}</Button></>}>
      <div class="stack">
        {action.error && <ErrorPanel error={action.error} />}
        <Field label={t('hub.auto_rule')} hint={t('hub.auto_rule_hint')} isNeeded control={(a) => (
          <>
            <input {...a} type="text" value={rule} maxLength={200} autoComplete="off" list="automatic-rules" onInput={(e) => { setRule(e.currentTarget.value); setFound(null); }} />
            <datalist id="automatic-rules">{[...(recent.data ?? new Map<string, string>())].map(([id, title]) => <option value={id}>{title}</option>)}</datalist>
          </>
        )} />
        {found && (
          <Panel tone={found.may || found.on ? 'info' : 'warn'} icon="search" title={found.rule}>
            <p>{rateText(found)}</p>
            <p>{t(found.on ? 'hub.auto_found_on' : found.may ? 'hub.auto_found_may' : 'hub.auto_found_not')}</p>
            {(found.on || found.may) && <p><SwitchButton r={found} onClick={() => onChosen(found)} /></p>}
          </Panel>
        )}
      </div>
    </Dialog>
  );
}

function SwitchDialog({ r, onClose, onDone }: { r: AutomaticRule; onClose: () => void; onDone: (on: boolean) => void }) {
  const [reason, setReason] = useState('');
  const action = useAction();
  const on = !r.on;
  const go = async () => {
    if (!reason.trim()) return;
    if (await action.run(async () => { await put('/automatic-rules', { rule: r.rule, on, reason: reason.trim() }); })) onDone(on);
  };
  return (
    <Dialog title={t(on ? 'hub.auto_on' : 'hub.auto_off')} onClose={onClose} footer={<><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind={on ? 'primary' : 'danger'} isOff={!reason.trim()} isBusy={action.isBusy} onClick={() => void go()}>{t(on ? 'hub.auto_on' : 'hub.auto_off')}</Button></>}>
      <div class="stack">
        {action.error && <ErrorPanel error={action.error} />}
        <p><code>{r.rule}</code></p>
        <p>{rateText(r)}</p>
        <p>{t(on ? 'hub.auto_on_text' : 'hub.auto_off_text', { mark: fixed('unconfirmed') })}</p>
        <TextField label={t('hub.why')} value={reason} onInput={setReason} length={250} isNeeded />
      </div>
    </Dialog>
  );
}
