// SPDX-License-Identifier: Apache-2.0
// Receipt drills (疎通確認訓練), and what a drill and a provision (情報提供) have in common: the way
// down the tree, receipts at each stage, who has not answered, contacts to correct.
import { useEffect, useRef, useState } from 'preact/hooks';
import { address, get, list, part, post } from '../../api';
import { lang, t, word } from '../../i18n';
import { formatTime } from '../../lib/format';
import { Button, Chip, Choices, Empty, ErrorPanel, LinkButton, Loading, Panel, Section, SelectField, Table } from '../../ui/basic';
import { Confirm } from '../../ui/dialog';
import { useAction, useLoad, type Loaded } from '../../ui/hooks';
import type { IconName } from '../../ui/icons';
import { orgName, useHub, useLive, type HubState } from '../context';
import { Head } from '../head';
import { branches, duration, flowState, flowSum, type Branch } from '../logic';
import { When } from '../parts';
import { hubTo } from '../route';
import type { Flow, FlowHead, FlowKind, FlowStage, PlanText, TreeNode, Warning, WrongContact } from '../types';
import { CallDialog, Compare, distinct, WarningChip } from './plans';
import { ContactDialog } from './tree_contact';

const SHOWN = 20; // of a list, before "more"
const ROWS = 100; // of those who have not answered
const LOOK_MS = 2000; // how often one that goes on is looked at
const WAITS = [1800, 7200, 86400, 259200, 604800];

const STATES: Record<ReturnType<typeof flowState>, [string, IconName]> = {
  draft: ['open', 'pen'], going: ['declared', 'forward'], over: ['evidenced', 'check'], stopped: ['partly', 'out'], refused: ['na', 'out'], withdrawn: ['na', 'return'],
};

export function FlowChip({ flow }: { flow: FlowHead }) {
  const state = flowState(flow);
  const [tone, icon] = STATES[state];
  return <Chip tone={tone} icon={icon}>{word('drill.state', state)}</Chip>;
}

function waitText(seconds: number): string {
  const { n, unit } = duration(seconds * 1000);
  return new Intl.NumberFormat(lang() === 'ja' ? 'ja' : 'en', { style: 'unit', unit, unitDisplay: 'long' }).format(n);
}

/** What a plan is sent to: the whole tree, or a branch by its name and how many are in it. */
export function scopeOptions(hub: HubState, nodes: TreeNode[]): [string, string][] {
  const of = (all: Branch[], depth: number): [string, string][] => all.flatMap((b): [string, string][] => [
    [b.org, `${'　'.repeat(depth)}${orgName(hub, b.org)}${b.count > 0 ? t('drill.and_below', { n: b.count }) : ''}`],
    ...of(b.children, depth + 1),
  ]);
  return [['', t('drill.whole_tree', { n: nodes.length })], ...of(branches(nodes, (id) => orgName(hub, id)), 0)];
}

/** The tree is needed first: without it nothing can be sent. */
export function NoTree() {
  return (
    <Empty title={t('drill.no_tree')} icon="steps">
      <p>{t('drill.no_tree_more')}</p>
      <p><LinkButton kind="primary" href={hubTo('tree')} icon="steps">{t('drill.to_tree')}</LinkButton></p>
    </Empty>
  );
}

export function ReachFields(props: {
  nodes: TreeNode[]; branch: string; onBranch: (v: string) => void; mode: string; onMode: (v: string) => void; wait: string; onWait: (v: string) => void;
}) {
  const hub = useHub();
  return (
    <>
      <div class="two two-fields">
        <SelectField label={t('drill.scope')} value={props.branch} onInput={props.onBranch} options={scopeOptions(hub, props.nodes)} />
        <SelectField label={t('drill.wait')} value={props.wait} onInput={props.onWait} options={WAITS.map((s): [string, string] => [String(s), waitText(s)])} />
      </div>
      <Choices legend={t('drill.mode')} name="mode" isInline value={props.mode} onInput={props.onMode}
        options={(['normal', 'large-scale'] as const).map((id) => ({ id, name: word('drill.mode', id), note: word('drill.mode_note', id) }))} />
    </>
  );
}

export function Drills({ query }: { query: URLSearchParams }) {
  const tree = useLive<TreeNode[]>('tree', async () => (await list<TreeNode>('/tree')).items);
  return (
    <>
      <Head title={word('hub.page', 'drills')} lead={t('drill.lead')} />
      {tree.error && <ErrorPanel error={tree.error} retry={tree.reload} />}
      {!tree.data && !tree.error && <Loading />}
      {tree.data?.length === 0 && <NoTree />}
      {tree.data && tree.data.length > 0 && <NewDrill nodes={tree.data} wanted={query.get('branch') ?? ''} />}
      <FlowList kind="drill" query={query} />
    </>
  );
}

function NewDrill({ nodes, wanted }: { nodes: TreeNode[]; wanted: string }) {
  const [announced, setAnnounced] = useState('');
  const [branch, setBranch] = useState(nodes.some((n) => n.org === wanted) ? wanted : '');
  const [mode, setMode] = useState('normal');
  const [wait, setWait] = useState('86400');
  const action = useAction();
  const prepare = () => action.run(async () => {
    const made = await post<Flow>('/provisions', { kind: 'drill', announced: announced === 'yes', mode, branch: branch || null, wait_s: Number(wait) });
    location.hash = hubTo('drills', made.plan);
  });
  return (
    <Section title={t('drill.new')} icon="check" class="card">
      {action.error && <ErrorPanel error={action.error} />}
      <form class="stack" onSubmit={(e) => { e.preventDefault(); if (announced) void prepare(); }}>
        <Choices legend={t('drill.announced')} name="announced" isInline value={announced} onInput={setAnnounced}
          options={(['no', 'yes'] as const).map((id) => ({ id, name: word('drill.announce', id), note: word('drill.announce_note', id) }))} />
        <ReachFields nodes={nodes} branch={branch} onBranch={setBranch} mode={mode} onMode={setMode} wait={wait} onWait={setWait} />
        <div class="row"><Button kind="primary" type="submit" icon="forward" isOff={!announced} isBusy={action.isBusy}>{t('drill.prepare')}</Button><span class="hint">{t('drill.prepare_hint')}</span></div>
      </form>
    </Section>
  );
}

/** Those there were, newest first. */
export function FlowList({ kind, query }: { kind: FlowKind; query: URLSearchParams }) {
  const hub = useHub();
  const page = kind === 'drill' ? 'drills' : 'provisions';
  const after = query.get('after') ?? '';
  const load = useLive<{ items: FlowHead[]; next?: string }>(`flows ${kind} ${after}`, () => get('/provisions', { kind, limit: String(SHOWN), ...(after ? { after } : {}) }));
  return (
    <Section title={word('drill.past', kind)} icon="history">
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {load.data && load.data.items.length === 0 && <Empty title={word('drill.past_none', kind)} icon="history" />}
      {load.data && load.data.items.length > 0 && (
        <Table caption={word('drill.past', kind)} rows={load.data.items} rowKey={(f) => f.plan} columns={[
          { head: t('hub.col_number_of'), isMain: true, cell: (f) => <a href={hubTo(page, f.plan)}>{f.number}</a> },
          { head: t('drill.how'), cell: (f) => howText(f) },
          { head: t('drill.scope'), cell: (f) => (f.branch ? t('drill.below', { org: orgName(hub, f.branch) }) : t('drill.all')) },
          { head: t('hub.col_state_only'), cell: (f) => <FlowChip flow={f} /> },
          { head: t('hub.col_made'), cell: (f) => <When time={f.made} /> },
        ]} />
      )}
      {(load.data?.next || after) && (
        <p class="row more">
          {after && <a class="button plain" href={hubTo(page)}>{t('hub.first_page')}</a>}
          {load.data?.next && <a class="button plain" href={hubTo(page, undefined, { after: load.data.next })}>{t('hub.next_page')}</a>}
        </p>
      )}
    </Section>
  );
}

function howText(f: FlowHead): string {
  const mode = word('drill.mode', f.mode);
  return f.kind === 'drill' ? `${word('drill.announce', f.announced ? 'yes' : 'no')} ・ ${mode}` : mode;
}

/** What was there last stays while the hub does not answer: somebody is watching. */
function useKept<T>(load: Loaded<T>): T | null {
  const kept = useRef<T | null>(null);
  if (load.data) kept.current = load.data;
  return load.data ?? kept.current;
}

export function FlowPage({ kind, id }: { kind: FlowKind; id: string }) {
  const page = kind === 'drill' ? 'drills' : 'provisions';
  const load = useLive<Flow>(`flow ${id}`, () => get<Flow>(`/provisions/${part(id)}`));
  const warnings = useLive<Warning[]>(`plan warnings ${id}`, async () => (await list<Warning>('/warnings', { plan: id })).items);
  const f = useKept(load);
  const rows = useKept(warnings) ?? [];
  const isGoing = !!f && flowState(f) === 'going';
  useEffect(() => {
    if (!isGoing) return undefined;
    const look = setInterval(() => {
      if (document.visibilityState !== 'visible') return;
      load.reload();
      warnings.reload();
    }, LOOK_MS);
    return () => clearInterval(look);
  }, [isGoing, id]);
  if (load.error && !f) return <><Head title={word('hub.page', page)} over={<a href={hubTo(page)}>{word('hub.page', page)}</a>} /><ErrorPanel error={load.error} retry={load.reload} /></>;
  if (!f) return <><h1 class="sr">{word('hub.page', page)}</h1><Loading /></>;
  const again = () => {
    load.reload();
    warnings.reload();
  };
  return (
    <>
      <FlowHeadLine f={f} page={page} />
      {(load.error ?? warnings.error) && <p class="warn-ink" role="status">{t('drill.stale')}</p>}
      <FlowActions f={f} onDone={again} />
      <FlowStanding f={f} />
      <Section title={t(f.state === 'draft' ? 'drill.stages_draft' : 'drill.stages')} icon="steps" class="card stages">
        {f.state === 'draft' ? <StagesToBe f={f} /> : <Stages f={f} />}
      </Section>
      {f.state !== 'draft' && <Corrections all={f.corrections} onDone={again} />}
      {f.state !== 'draft' && <Silent f={f} warnings={rows} onDone={again} />}
      {f.state === 'draft' && <Recipients warnings={rows} />}
      <Texts id={f.plan} isOpen={f.state === 'draft'} />
    </>
  );
}

function FlowHeadLine({ f, page }: { f: Flow; page: 'drills' | 'provisions' }) {
  const hub = useHub();
  const scope = f.branch ? t('drill.below', { org: orgName(hub, f.branch) }) : t('drill.all');
  return (
    <Head title={t(f.kind === 'drill' ? 'drill.title' : 'drill.title_provision', { number: f.number })} over={
      <><a href={hubTo(page)}>{word('hub.page', page)}</a><FlowChip flow={f} /></>
    } lead={[howText(f), scope, t('drill.waits_for', { time: waitText(f.wait_s) })].join(' ・ ')} />
  );
}

/** What there is to decide now. */
function FlowActions({ f, onDone }: { f: Flow; onDone: () => void }) {
  const hub = useHub();
  const [asked, setAsked] = useState<'stop' | 'around' | null>(null);
  const action = useAction();
  const sum = flowSum(f);
  const state = flowState(f);
  const run = async (path: string, body: unknown, said: string) => {
    if (await action.run(async () => { await post(path, body); })) hub.say(said);
    setAsked(null);
    hub.touched();
    onDone();
  };
  const discard = async () => {
    await run(`/plans/${part(f.plan)}/refuse`, { reason: t('drill.discarded') }, t('drill.discard_said'));
    location.hash = hubTo(f.kind === 'drill' ? 'drills' : 'provisions');
  };
  return (
    <>
      {action.error && <ErrorPanel error={action.error} />}
      {state === 'draft' && <Panel icon="pen" title={t('drill.draft_title')}><p>{t(f.mode === 'large-scale' ? 'drill.draft_at_once' : 'drill.draft_down', { n: sum.nodes })}</p></Panel>}
      <div class="actions" role="group" aria-label={t('drill.actions')}>
        {state === 'draft' && <Button kind="primary" icon="forward" isBusy={action.isBusy} onClick={() => void run(`/plans/${part(f.plan)}/approve`, {}, word('drill.started', f.kind))}>{word('drill.start', f.kind)}</Button>}
        {state === 'draft' && <Button icon="out" onClick={() => void discard()}>{t('drill.discard')}</Button>}
        {state === 'going' && sum.waits > 0 && <Button icon="down" onClick={() => setAsked('around')}>{t('drill.around', { n: sum.waits })}</Button>}
        {state === 'going' && <Button kind="danger" icon="out" onClick={() => setAsked('stop')}>{t('drill.stop')}</Button>}
        {state !== 'draft' && state !== 'refused' && <LinkButton href={address(`/provisions/${part(f.plan)}/page`)} isNew icon="print">{t('drill.print')}</LinkButton>}
        {state !== 'draft' && f.kind === 'provision' && <LinkButton href={hubTo('plans', f.plan)} icon="return">{t('drill.to_plan')}</LinkButton>}
      </div>
      {asked && <Confirm title={word('drill.ask', asked)} text={word('drill.ask_text', asked)} go={asked === 'stop' ? t('drill.stop') : t('drill.around_go')} isBusy={action.isBusy} onClose={() => setAsked(null)}
        onGo={() => void run(`/provisions/${part(f.plan)}/${asked}`, {}, word('drill.done', asked))} />}
    </>
  );
}

function FlowStanding({ f }: { f: Flow }) {
  const state = flowState(f);
  const time = (of: string) => formatTime(of, lang());
  if (state === 'stopped' && f.stopped) return <Panel tone="warn" icon="out" title={t('drill.stopped_at', { time: time(f.stopped.time) })}><p>{t('drill.stopped_more')}</p></Panel>;
  if (state === 'going' && f.approved && f.ends) return <p class="soft" role="status">{t('drill.going_since', { from: time(f.approved.time), to: time(f.ends) })}</p>;
  if (state === 'over' && f.approved && f.ends) return <p class="soft">{t('drill.over_since', { from: time(f.approved.time), to: time(f.ends) })}</p>;
  return null;
}

const PARTS: [keyof Pick<FlowStage, 'acknowledged' | 'delivered' | 'sent' | 'nodes'>, string][] = [['acknowledged', 'evidenced'], ['delivered', 'declared'], ['sent', 'partly'], ['nodes', 'open']];

/** Acknowledged within delivered within sent within all: four widths of one bar. The table says the same. */
function StageBar({ s }: { s: FlowStage }) {
  let from = 0;
  return (
    <svg class="stage-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      {PARTS.map(([key, tone]) => {
        const to = s.nodes > 0 ? (100 * s[key]) / s.nodes : 0;
        const x = from;
        from = Math.max(from, to);
        return <rect class={`fill-${tone}`} x={x} y="0" width={Math.max(0, to - x)} height="8" />;
      })}
    </svg>
  );
}

/** Before anything is sent: how many at each stage. */
function StagesToBe({ f }: { f: Flow }) {
  return (
    <dl class="counts counts-wide">
      {f.stages.filter((s) => s.nodes > 0).map((s) => <div><dt>{word('drill.stage', s.stage)}</dt><dd>{s.nodes}</dd></div>)}
    </dl>
  );
}

function Stages({ f }: { f: Flow }) {
  return (
    <>
      <Table caption={t('drill.stages')} rows={f.stages.filter((s) => s.nodes > 0)} rowKey={(s) => s.stage} columns={[
        { head: t('drill.stage'), isMain: true, cell: (s) => <>{word('drill.stage', s.stage)}<StageBar s={s} /></> },
        { head: t('drill.count.nodes'), isNumber: true, cell: (s) => s.nodes },
        { head: t('drill.count.sent'), isNumber: true, cell: (s) => s.sent },
        { head: t('drill.count.delivered'), isNumber: true, cell: (s) => s.delivered },
        { head: t('drill.count.acknowledged'), isNumber: true, cell: (s) => s.acknowledged },
        { head: t('drill.count.failed'), cell: (s) => <Causes failed={s.failed} /> },
      ]} />
      <ul class="legend" aria-label={t('drill.legend')}>
        {PARTS.map(([key, tone]) => <li class="legend-item"><span class={`swatch swatch-small fill-${tone}`} aria-hidden="true" />{word('drill.legend', key)}</li>)}
      </ul>
      <p class="hint">{t('drill.stages_note')}</p>
    </>
  );
}

function Causes({ failed }: { failed: Record<string, number> }) {
  const all = Object.entries(failed).filter(([, n]) => n > 0);
  if (all.length === 0) return <>{t('drill.none_failed')}</>;
  return <ul>{all.map(([cause, n]) => <li>{word('drill.cause', cause)}{t('common.colon')}{n}</li>)}</ul>;
}

/** Contacts that failed, each with the way to put it right and to try it again. */
export function Corrections({ all, onDone }: { all: (WrongContact & { number?: string })[]; onDone: () => void }) {
  const hub = useHub();
  const [asked, setAsked] = useState<WrongContact | null>(null);
  if (all.length === 0) return null;
  return (
    <Section title={t('drill.corrections', { n: all.length })} icon="pen">
      <p class="soft">{t('drill.corrections_lead')}</p>
      <Table caption={t('drill.corrections', { n: all.length })} rows={all.slice(0, ROWS)} rowKey={(c) => c.org} columns={[
        { head: t('hub.col_org'), isMain: true, cell: (c) => <><a href={hubTo('orgs', c.org)}>{orgName(hub, c.org)}</a><p class="hint">{word('drill.stage', c.stage)}{c.number && ` ・ ${t('drill.in', { number: c.number })}`}</p></> },
        { head: t('drill.cause'), cell: (c) => <>{word('drill.cause', c.cause)}{c.text && <p class="hint">{c.text}</p>}</> },
        { head: t('drill.todo'), cell: (c) => word('drill.todo', c.cause) },
        { head: t('hub.col_do'), cell: (c) => <div class="row tight"><Button icon="pen" label={t('drill.correct_of', { org: orgName(hub, c.org) })} onClick={() => setAsked(c)}>{t('drill.correct')}</Button><a href={hubTo('drills', undefined, { branch: c.org })}>{t('drill.try_again')}</a></div> },
      ]} />
      {all.length > ROWS && <p class="hint">{t('drill.more_rows', { n: all.length - ROWS })}</p>}
      {asked && <ContactDialog org={asked.org} cause={`${word('drill.cause', asked.cause)}${asked.text ? `（${asked.text}）` : ''}`} onClose={() => setAsked(null)} onDone={() => { setAsked(null); onDone(); }} />}
    </Section>
  );
}

/** Sent to, and no person has said that it was read. */
function Silent({ f, warnings, onDone }: { f: Flow; warnings: Warning[]; onDone: () => void }) {
  const hub = useHub();
  const [called, setCalled] = useState<Warning | null>(null);
  const causes = new Map(f.corrections.map((c) => [c.org, c.cause]));
  const open = fromAbove(hub, warnings.filter((w) => w.released && !w.acknowledged), (w) => causes.has(w.org ?? ''));
  if (f.state !== 'approved') return null;
  if (open.length === 0) return flowSum(f).sent > 0 ? <Panel tone="good" icon="check" title={t('drill.all_answered')} /> : null;
  return (
    <Section title={t('drill.silent', { n: open.length })} icon="clock">
      <p class="soft">{t('drill.silent_lead')}</p>
      <Table caption={t('drill.silent', { n: open.length })} rows={open.slice(0, ROWS)} rowKey={(w) => w.id} columns={[
        { head: t('hub.col_org'), isMain: true, cell: (w) => <><a href={hubTo('orgs', w.org ?? '')}>{orgName(hub, w.org ?? '')}</a><p class="hint">{word('drill.stage', w.stage ?? '')}{w.parent && ` ・ ${t('drill.under', { org: orgName(hub, w.parent) })}`}</p></> },
        { head: t('hub.col_state_only'), cell: (w) => <SilentChip w={w} cause={causes.get(w.org ?? '')} /> },
        { head: t('drill.ways'), cell: (w) => <Ways w={w} cause={causes.get(w.org ?? '')} /> },
        { head: t('hub.col_sent'), cell: (w) => (w.released ? <When time={w.released} /> : '') },
        { head: t('hub.col_do'), cell: (w) => <Button icon="speech" onClick={() => setCalled(w)}>{t('hub.call_note')}</Button> },
      ]} />
      {open.length > ROWS && <p class="hint">{t('drill.more_rows', { n: open.length - ROWS })}</p>}
      {called && <CallDialog w={called} onClose={() => setCalled(null)} onDone={() => { setCalled(null); hub.say(t('hub.call_noted')); hub.touched(); onDone(); }} />}
    </Section>
  );
}

/** What did not arrive says why; "on its way" would be no truth. */
function SilentChip({ w, cause }: { w: Warning; cause?: string }) {
  return cause ? <Chip tone="not_met" icon="warn">{t('drill.not_there')}</Chip> : <WarningChip state={w.state} />;
}

const ORDER: Record<string, number> = { ministry: 0, secretariat: 1, operator: 2 };

/** Those that did not get it first, then from above, then by name. */
function fromAbove(hub: HubState, all: Warning[], isFirst: (w: Warning) => boolean): Warning[] {
  const name = (w: Warning) => orgName(hub, w.org ?? '');
  return [...all].sort((a, b) => Number(isFirst(b)) - Number(isFirst(a)) || (ORDER[a.stage ?? ''] ?? 9) - (ORDER[b.stage ?? ''] ?? 9) || name(a).localeCompare(name(b), 'ja'));
}

function Ways({ w, cause }: { w: Warning; cause?: string }) {
  const all = Object.entries(w.channels ?? {});
  if (all.length === 0) return <>{cause ? word('drill.cause', cause) : t('drill.no_way_yet')}</>;
  return <ul>{all.map(([channel, one]) => <li>{word('drill.channel', channel)}{t('common.colon')}{word('drill.way', one.state)}{one.text && <p class="hint">{one.text}</p>}</li>)}</ul>;
}

function Recipients({ warnings }: { warnings: Warning[] }) {
  const hub = useHub();
  const all = fromAbove(hub, warnings, () => false);
  if (all.length === 0) return null;
  return (
    <Section title={t('drill.recipients', { n: warnings.length })} icon="team">
      <Table caption={t('drill.recipients', { n: warnings.length })} rows={all.slice(0, ROWS)} rowKey={(w) => w.id} columns={[
        { head: t('hub.col_org'), isMain: true, cell: (w) => <a href={hubTo('orgs', w.org ?? '')}>{orgName(hub, w.org ?? '')}</a> },
        { head: t('drill.stage'), cell: (w) => word('drill.stage', w.stage ?? '') },
        { head: t('drill.parent'), cell: (w) => (w.parent ? orgName(hub, w.parent) : t('drill.top')) },
        { head: t('drill.turn'), cell: (w) => <WarningChip state={w.state} /> },
      ]} />
      {warnings.length > ROWS && <p class="hint">{t('drill.more_rows', { n: warnings.length - ROWS })}</p>}
    </Section>
  );
}

function Texts({ id, isOpen }: { id: string; isOpen: boolean }) {
  const texts = useLoad<{ notice: unknown; texts: PlanText[] }>(`flow texts ${id}`, async () => ({
    notice: (await get<{ notice: unknown }>(`/plans/${part(id)}`)).notice,
    texts: (await list<PlanText>(`/plans/${part(id)}/texts`)).items,
  }));
  return (
    <Section title={t('hub.texts')} icon="eye">
      <p class="soft">{t('hub.texts_lead')}</p>
      {texts.error && <ErrorPanel error={texts.error} retry={texts.reload} />}
      {!texts.data && !texts.error && <Loading />}
      {texts.data && distinct(texts.data.texts).map((x) => <Compare notice={texts.data?.notice} x={x} isOpen={isOpen} />)}
    </Section>
  );
}
