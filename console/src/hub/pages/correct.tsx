// SPDX-License-Identifier: Apache-2.0
// A warning that went out is put right: what changes is written, seen beside what was sent, and goes to all who got that.
import { useState } from 'preact/hooks';
import { part, post } from '../../api';
import { t } from '../../i18n';
import { AreaField, Button, ErrorPanel, Section, Table, TextField } from '../../ui/basic';
import { Dialog } from '../../ui/dialog';
import { useAction } from '../../ui/hooks';
import { orgName, useHub } from '../context';
import { compared, corrected, indicatorLines, unknownIndicators, type Correction } from '../logic';
import { pathWords, valueWords } from '../notice_words';
import { hubTo } from '../route';
import type { Plan, Warning } from '../types';

type Tree = Record<string, unknown>;

function textAt(notice: unknown, ...path: string[]): string {
  let at: unknown = notice;
  for (const key of path) at = typeof at === 'object' && at !== null ? (at as Tree)[key] : undefined;
  return typeof at === 'string' ? at : '';
}

function first(notice: unknown): Correction {
  const both = (...path: string[]) => ({ ja: textAt(notice, ...path, 'ja'), en: textAt(notice, ...path, 'en') });
  return { title: both('title'), comment: both('attack', 'comment'), indicators: indicatorLines(notice), what: both('damage', 'what'), response: both('damage', 'response') };
}

export function CorrectDialog({ p, got, onClose }: { p: Plan; got: Warning[]; onClose: () => void }) {
  const hub = useHub();
  const [c, setC] = useState<Correction>(() => first(p.notice));
  const [isShown, setShown] = useState(false);
  const action = useAction();
  const said = corrected(p.notice, c);
  const after = { ...(p.notice as Tree), ...said, ...(said['attack'] ? { attack: { ...((p.notice as Tree)['attack'] as Tree), ...(said['attack'] as Tree) } } : {}) };
  const isShownRow = (r: { path: string }) => !/^attack\.indicators\[\d+\]\.type$/.test(r.path); // the value says it
  const rows = compared(p.notice, after).filter((r) => r.after !== r.before && isShownRow(r));
  const added = compared(after, p.notice).filter((r) => r.after === null && isShownRow(r));
  const isChanged = Object.keys(said).length > 0;
  const unknown = unknownIndicators(p.notice, c.indicators);
  const send = async () => {
    let next: Plan | null = null;
    if (!(await action.run(async () => { next = await post<Plan>(`/plans/${part(p.id)}/correct`, { notice: said }); }))) return;
    hub.say(t('hub.corrected_said', { n: got.length }));
    hub.touched();
    onClose();
    if (next) location.hash = hubTo('plans', (next as Plan).id);
  };
  const both = (key: 'title' | 'comment' | 'what' | 'response', label: string, isLong: boolean) => (
    (['ja', 'en'] as const).map((l) => {
      const props = { label: t('hub.correct_in', { what: label, language: t(l === 'ja' ? 'hub.lang_ja' : 'hub.lang_en') }), value: c[key][l], onInput: (v: string) => setC({ ...c, [key]: { ...c[key], [l]: v } }), isOptional: true };
      return isLong ? <AreaField {...props} rows={2} /> : <TextField {...props} length={300} />;
    })
  );
  const footer = isShown
    ? <><Button onClick={() => setShown(false)}>{t('hub.correct_back')}</Button><Button kind="danger" isBusy={action.isBusy} onClick={() => void send()}>{t('hub.correct_send', { n: got.length })}</Button></>
    : <><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind="primary" isOff={!isChanged || unknown.length > 0} onClick={() => setShown(true)}>{t('hub.correct_look')}</Button></>;
  return (
    <Dialog title={t('hub.correct')} onClose={onClose} footer={footer}>
      {action.error && <ErrorPanel error={action.error} />}
      {!isShown && (
        <div class="stack">
          <p>{t('hub.correct_text')}</p>
          {both('title', t('hub.notice.title'), false)}
          <AreaField label={t('hub.correct_indicators')} hint={t('hub.correct_indicators_hint')} error={unknown.length ? t('hub.correct_unknown', { what: unknown.join(t('common.comma')) }) : null} value={c.indicators.join('\n')} onInput={(v) => setC({ ...c, indicators: v.split('\n') })} rows={5} isOptional />
          {both('comment', t('hub.notice.attack.comment'), true)}
          {both('what', t('hub.notice.damage.what'), true)}
          {both('response', t('hub.notice.damage.response'), true)}
        </div>
      )}
      {isShown && (
        <div class="stack">
          <Section title={t('hub.compare')} icon="swap" level={3}>
            <Table caption={t('hub.compare')} rows={[...rows, ...added.map((a) => ({ path: a.path, before: '', after: a.before }))]} rowKey={(r) => `${r.path} ${r.before}`} columns={[
              { head: t('hub.col_part'), isMain: true, cell: (r) => pathWords(r.path) },
              { head: t('hub.col_sent_before'), cell: (r) => (r.before ? valueWords(r.path, r.before) : t('hub.correct_nothing')) },
              { head: t('hub.col_corrected'), cell: (r) => (r.after === null ? <span class="gone">{t('hub.left_out')}</span> : <mark>{valueWords(r.path, r.after)}</mark>) },
            ]} />
          </Section>
          <Section title={t('hub.correct_who', { n: got.length })} icon="team" level={3}>
            <ul class="plain-list">{got.map((w) => <li>{orgName(hub, w.org ?? '')}</li>)}</ul>
            <p class="hint">{t('hub.correct_gate')}</p>
          </Section>
        </div>
      )}
    </Dialog>
  );
}
