// SPDX-License-Identifier: Apache-2.0
// 情報提供: one is written, looked at as the recipients will read it, and goes down the tree.
import { useState } from 'preact/hooks';
import { list, post } from '../../api';
import { lang, t, word } from '../../i18n';
import { AreaField, Button, ErrorPanel, Loading, Section, SelectField, TextField } from '../../ui/basic';
import { useAction } from '../../ui/hooks';
import { useLive } from '../context';
import { Head } from '../head';
import { indicatorOf } from '../logic';
import { hubTo } from '../route';
import type { Flow, TreeNode } from '../types';
import { FlowList, NoTree, ReachFields } from './drills';

const TLPS = ['green', 'clear', 'amber'] as const;
const PAPS = ['green', 'clear', 'amber', 'red'] as const;
const OUTCOMES = ['unknown', 'attempt', 'possible'] as const;

export function Provisions({ query }: { query: URLSearchParams }) {
  const tree = useLive<TreeNode[]>('tree', async () => (await list<TreeNode>('/tree')).items);
  return (
    <>
      <Head title={word('hub.page', 'provisions')} lead={t('provision.lead')} />
      {tree.error && <ErrorPanel error={tree.error} retry={tree.reload} />}
      {!tree.data && !tree.error && <Loading />}
      {tree.data?.length === 0 && <NoTree />}
      {tree.data && tree.data.length > 0 && <NewProvision nodes={tree.data} />}
      <FlowList kind="provision" query={query} />
    </>
  );
}

const lines = (text: string) => text.split('\n').map((line) => line.trim()).filter(Boolean);

function NewProvision({ nodes }: { nodes: TreeNode[] }) {
  const [title, setTitle] = useState('');
  const [act, setAct] = useState('');
  const [found, setFound] = useState('');
  const [tlp, setTlp] = useState<string>('green');
  const [pap, setPap] = useState<string>('green');
  const [outcome, setOutcome] = useState<string>('unknown');
  const [branch, setBranch] = useState('');
  const [mode, setMode] = useState('normal');
  const [wait, setWait] = useState('86400');
  const action = useAction();
  const indicators = lines(found).map((line) => ({ line, one: indicatorOf(line) }));
  const wrong = indicators.filter((i) => !i.one).map((i) => i.line);
  const isReady = title.trim() !== '' && act.trim() !== '' && wrong.length === 0;
  const prepare = () => action.run(async () => {
    const text = (words: string) => ({ [lang()]: words }); // as it was written; nobody translates
    const notice = {
      kind: 'warning', tlp, pap, title: text(title.trim()), attack: { outcome, indicators: indicators.map((i) => i.one) }, act: lines(act).map(text),
      certainty: { level: 'analyst' },
    };
    const made = await post<Flow>('/provisions', { kind: 'provision', notice, own: {}, audience: tlp === 'amber' ? 'partner' : 'sector', mode, branch: branch || null, wait_s: Number(wait) });
    location.hash = hubTo('provisions', made.plan);
  });
  return (
    <Section title={t('provision.new')} icon="pen" class="card">
      {action.error && <ErrorPanel error={action.error} />}
      <form class="stack" onSubmit={(e) => { e.preventDefault(); if (isReady) void prepare(); }}>
        <TextField label={t('provision.title')} hint={t(tlp === 'amber' ? 'provision.title_sent' : 'provision.title_inside')} value={title} onInput={setTitle} length={200} isNeeded />
        <AreaField label={t('provision.act')} hint={t('provision.act_hint')} value={act} onInput={setAct} rows={4} isNeeded />
        <AreaField label={t('provision.indicators')} hint={t('provision.indicators_hint')} value={found} onInput={setFound} rows={4} isOptional
          error={wrong.length > 0 ? t('provision.indicators_wrong', { lines: wrong.slice(0, 5).join(t('common.comma')) }) : null} />
        <div class="fields">
          <SelectField label={t('provision.tlp')} hint={word('provision.tlp_hint', tlp)} value={tlp} onInput={setTlp} options={TLPS.map((v) => [v, `TLP:${v.toUpperCase()}`])} />
          <SelectField label={t('provision.pap')} hint={word('provision.pap_hint', pap)} value={pap} onInput={setPap} options={PAPS.map((v) => [v, `PAP:${v.toUpperCase()}`])} />
          <SelectField label={t('provision.outcome')} value={outcome} onInput={setOutcome} options={OUTCOMES.map((v) => [v, word('hub.outcome', v)])} />
        </div>
        <ReachFields nodes={nodes} branch={branch} onBranch={setBranch} mode={mode} onMode={setMode} wait={wait} onWait={setWait} />
        <div class="row"><Button kind="primary" type="submit" icon="eye" isOff={!isReady} isBusy={action.isBusy}>{t('provision.prepare')}</Button><span class="hint">{t('drill.prepare_hint')}</span></div>
      </form>
    </Section>
  );
}
