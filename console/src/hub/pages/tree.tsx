// SPDX-License-Identifier: Apache-2.0
// 連絡網: coordinating body, ministries, secretariats, operators; by a table or one by one; and the
// contacts that the last drill showed to be wrong.
import { useRef, useState } from 'preact/hooks';
import { get, list, part, put } from '../../api';
import { t, word } from '../../i18n';
import { Button, Empty, ErrorPanel, Field, Loading, Panel, Section, SelectField, Table, TextField } from '../../ui/basic';
import { Dialog } from '../../ui/dialog';
import { useAction } from '../../ui/hooks';
import { Icon } from '../../ui/icons';
import { orgName, useHub, useLive } from '../context';
import { Head } from '../head';
import { branches, openCorrections, tableText, type Branch } from '../logic';
import { hubTo } from '../route';
import type { Flow, FlowHead, Stage, TreeNode, TreeTable } from '../types';
import { Corrections } from './drills';
import { ContactDialog } from './tree_contact';

const STAGES: Stage[] = ['ministry', 'secretariat', 'operator'];
const ABOVE: Record<Stage, Stage | null> = { ministry: null, secretariat: 'ministry', operator: 'secretariat' };
const OPEN_MAX = 40; // a branch with more below it is closed at first
const TABLE_MAX = 900_000; // bytes; the API takes 1 MiB
const ROWS = 200;
const DRILLS = 10; // that are looked at for contacts to correct

export function TreePage() {
  const hub = useHub();
  const tree = useLive<TreeNode[]>('tree', async () => (await list<TreeNode>('/tree')).items);
  const [placed, setPlaced] = useState<TreeNode | 'new' | null>(null);
  const [called, setCalled] = useState<string | null>(null);
  const [text, setText] = useState('');
  const nodes = tree.data ?? [];
  const wanted = text.trim().toLowerCase();
  const fits = (org: string) => !wanted || org.includes(wanted) || orgName(hub, org).toLowerCase().includes(wanted);
  const again = () => {
    tree.reload();
    hub.touched();
  };
  return (
    <>
      <Head title={word('hub.page', 'tree')} lead={t('tree.lead')} />
      {tree.error && <ErrorPanel error={tree.error} retry={tree.reload} />}
      {!tree.data && !tree.error && <Loading />}
      {tree.data && nodes.length === 0 && <Empty title={t('tree.none')} icon="steps"><p>{t('tree.none_more')}</p></Empty>}
      <OpenCorrections nodes={nodes} onDone={again} />
      {nodes.length > 0 && (
        <Section title={t('tree.who', { n: nodes.length })} icon="steps" aside={<Button icon="plus" onClick={() => setPlaced('new')}>{t('tree.place')}</Button>}>
          <div class="filters hub-filters"><TextField label={t('hub.search')} type="search" value={text} onInput={setText} /></div>
          <div class="net card">
            <p class="net-top"><Icon name="place" /><span><strong>{t('tree.top')}</strong><span class="hint">{t('tree.top_note')}</span></span></p>
            <Branches all={branches(nodes, (id) => orgName(hub, id))} nodes={nodes} fits={fits} depth={0} isOpen={!!wanted} onPlace={setPlaced} onContact={setCalled} />
          </div>
        </Section>
      )}
      {tree.data && nodes.length === 0 && <p class="row"><Button icon="plus" onClick={() => setPlaced('new')}>{t('tree.place')}</Button></p>}
      <ImportTable onDone={again} />
      {placed && <PlaceDialog nodes={nodes} node={placed === 'new' ? null : placed} onClose={() => setPlaced(null)} onDone={() => { setPlaced(null); again(); }} />}
      {called && <ContactDialog org={called} onClose={() => setCalled(null)} onDone={() => { setCalled(null); again(); }} />}
    </>
  );
}

/** What drills found and nobody has put right since: it is put right here, where the tree is. */
function OpenCorrections({ nodes, onDone }: { nodes: TreeNode[]; onDone: () => void }) {
  const load = useLive<Flow[]>('last drills', async () => {
    const all = (await get<{ items: FlowHead[] }>('/provisions', { kind: 'drill', limit: String(DRILLS) })).items;
    return Promise.all(all.filter((f) => f.approved).map((f) => get<Flow>(`/provisions/${part(f.plan)}`)));
  });
  if (load.error) return <ErrorPanel error={load.error} retry={load.reload} />;
  const open = openCorrections(load.data ?? [], nodes);
  if (open.length === 0) return null;
  return (
    <>
      <Panel tone="warn" icon="warn" title={t('tree.open_corrections', { n: open.length })}>
        <p><a href={hubTo('drills')}>{t('tree.to_drills')}</a></p>
      </Panel>
      <Corrections all={open} onDone={() => { load.reload(); onDone(); }} />
    </>
  );
}

function shown(branch: Branch, fits: (org: string) => boolean): boolean {
  return fits(branch.org) || branch.children.some((c) => fits(c.org) || c.children.some((d) => fits(d.org)));
}

function Branches(props: {
  all: Branch[]; nodes: TreeNode[]; fits: (org: string) => boolean; depth: number; isOpen: boolean; onPlace: (node: TreeNode) => void; onContact: (org: string) => void;
}) {
  const list = props.all.filter((b) => shown(b, props.fits));
  return (
    <ul class="net-list">
      {list.slice(0, ROWS).map((b) => (
        <li key={b.org}>
          {b.children.length === 0 ? <NodeLine {...props} branch={b} /> : (
            <details open={props.isOpen || b.children.length <= OPEN_MAX}>
              <summary class="net-summary"><NodeName branch={b} depth={props.depth} /></summary>
              <NodeDo {...props} branch={b} />
              <Branches {...props} all={b.children} depth={props.depth + 1} />
            </details>
          )}
        </li>
      ))}
      {list.length > ROWS && <li class="hint">{t('drill.more_rows', { n: list.length - ROWS })}</li>}
    </ul>
  );
}

function NodeName({ branch, depth }: { branch: Branch; depth: number }) {
  const hub = useHub();
  return (
    <span class="net-name">
      <span class={`net-stage net-stage-${depth}`}>{word('drill.stage', STAGES[depth] ?? '')}</span>
      <strong>{orgName(hub, branch.org)}</strong>
      {branch.count > 0 && <span class="hint">{t('tree.below_n', { n: branch.count })}</span>}
    </span>
  );
}

function NodeDo(props: { branch: Branch; nodes: TreeNode[]; onPlace: (node: TreeNode) => void; onContact: (org: string) => void }) {
  const hub = useHub();
  const name = orgName(hub, props.branch.org);
  const node = props.nodes.find((n) => n.org === props.branch.org);
  return (
    <span class="net-do">
      <Button kind="quiet" label={t('drill.correct_of', { org: name })} onClick={() => props.onContact(props.branch.org)}>{t('tree.contact')}</Button>
      {node && <Button kind="quiet" label={t('tree.move_of', { org: name })} onClick={() => props.onPlace(node)}>{t('tree.move')}</Button>}
      <a class="button quiet" href={hubTo('drills', undefined, { branch: props.branch.org })} aria-label={t('tree.drill_of', { org: name })}>{t('tree.drill')}</a>
    </span>
  );
}

function NodeLine(props: { branch: Branch; depth: number; nodes: TreeNode[]; onPlace: (node: TreeNode) => void; onContact: (org: string) => void }) {
  return <div class="net-line"><NodeName branch={props.branch} depth={props.depth} /><NodeDo {...props} /></div>;
}

function PlaceDialog({ nodes, node, onClose, onDone }: { nodes: TreeNode[]; node: TreeNode | null; onClose: () => void; onDone: () => void }) {
  const hub = useHub();
  const [org, setOrg] = useState(node?.org ?? '');
  const [stage, setStage] = useState<string>(node?.stage ?? 'operator');
  const [parent, setParent] = useState(node?.parent ?? '');
  const action = useAction();
  const above = ABOVE[stage as Stage] ?? null;
  const free = hub.orgs.filter((o) => o.id !== 'hub' && !o.closed && !nodes.some((n) => n.org === o.id));
  const isReady = org !== '' && (stage === '' || !above || nodes.some((n) => n.org === parent && n.stage === above));
  const save = async (to: string) => {
    const isDone = await action.run(async () => { await put(`/tree/${part(org)}`, { stage: to || null, parent: to && ABOVE[to as Stage] ? parent : '' }); });
    if (!isDone) return;
    hub.say(t(to ? 'tree.placed' : 'tree.taken_out', { org: orgName(hub, org) }));
    onDone();
  };
  return (
    <Dialog title={node ? t('tree.move_of', { org: orgName(hub, node.org) }) : t('tree.place')} onClose={onClose} footer={
      <>
        {node && <Button kind="danger" isBusy={action.isBusy} onClick={() => void save('')}>{t('tree.take_out')}</Button>}
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button kind="primary" isOff={!isReady} isBusy={action.isBusy} onClick={() => void save(stage)}>{t('tree.place_do')}</Button>
      </>
    }>
      <div class="stack">
        {action.error && <ErrorPanel error={action.error} />}
        {!node && <SelectField label={t('hub.col_org')} value={org} onInput={setOrg} options={[['', t('tree.choose')], ...free.map((o): [string, string] => [o.id, o.name || o.id])]} />}
        <SelectField label={t('drill.stage')} value={stage} onInput={setStage} options={STAGES.map((s) => [s, word('drill.stage', s)])} />
        {above && <SelectField label={t('drill.parent')} value={parent} onInput={setParent} options={[['', t('tree.choose')], ...nodes.filter((n) => n.stage === above && n.org !== org).map((n): [string, string] => [n.org, orgName(hub, n.org)])]} />}
      </div>
    </Dialog>
  );
}

/** A table: looked at first, taken over when it is right. Nothing is changed by looking. */
function ImportTable({ onDone }: { onDone: () => void }) {
  const hub = useHub();
  const [table, setTable] = useState('');
  const [file, setFile] = useState('');
  const [found, setFound] = useState<TreeTable | null>(null);
  const [said, setSaid] = useState('');
  const [taken, setTaken] = useState(0); // a new file field after each table
  const result = useRef<HTMLDivElement>(null);
  const action = useAction();
  const change = (text: string, name: string) => {
    setTable(text);
    setFile(name);
    setFound(null);
    setSaid('');
    action.clear();
  };
  const choose = async (chosen: File | null) => {
    if (!chosen) return;
    if (chosen.size > TABLE_MAX) {
      change('', '');
      setSaid(t('tree.too_large'));
      return;
    }
    change(tableText(await chosen.arrayBuffer()), chosen.name);
  };
  const send = async (check: boolean) => {
    let told: TreeTable | null = null;
    if (!(await action.run(async () => { told = await put<TreeTable>('/tree', { table, check }); }))) return;
    const one = told as TreeTable | null;
    if (one?.taken) {
      hub.say(t('tree.taken'));
      change('', '');
      setTaken((n) => n + 1);
      onDone();
      return;
    }
    setFound(one);
    requestAnimationFrame(() => result.current?.focus());
  };
  return (
    <Section title={t('tree.import')} icon="upload" class="card">
      <p class="soft">{t('tree.import_lead')}</p>
      <p><code>id,name,stage,parent,channel,address</code></p>
      <form class="stack" onSubmit={(e) => { e.preventDefault(); if (table.trim()) void send(true); }}>
        <Field label={t('tree.file')} isOptional control={(a) => <input key={taken} {...a} class="file" type="file" accept=".csv,text/csv,text/plain" onChange={(e) => void choose(e.currentTarget.files?.[0] ?? null)} />} />
        <Field label={t('tree.paste')} hint={file ? t('tree.of_file', { name: file }) : t('tree.paste_hint')} error={said || null} control={(a) => (
          <textarea {...a} class="table-text" rows={8} spellcheck={false} wrap="off" value={table} onInput={(e) => change(e.currentTarget.value, '')} />
        )} />
        <div class="row"><Button type="submit" kind={found && found.faults.length === 0 ? 'plain' : 'primary'} icon="search" isOff={!table.trim()} isBusy={action.isBusy}>{t('tree.check')}</Button></div>
      </form>
      {action.error && <ErrorPanel error={action.error} />}
      {found && <div ref={result} tabIndex={-1} class="import-result">{found.faults.length > 0 ? <Faults found={found} /> : <Changes found={found} isBusy={action.isBusy} onTake={() => void send(false)} />}</div>}
    </Section>
  );
}

function Faults({ found }: { found: TreeTable }) {
  return (
    <div class="panel error" role="alert">
      <p class="panel-title"><Icon name="warn" /> {t('tree.faults', { n: found.faults.length + found.more })}</p>
      <p>{t('tree.faults_more')}</p>
      <ul>{found.faults.map((f) => <li>{f.text}</li>)}</ul>
      {found.more > 0 && <p>{t('drill.more_rows', { n: found.more })}</p>}
    </div>
  );
}

function Changes({ found, isBusy, onTake }: { found: TreeTable; isBusy: boolean; onTake: () => void }) {
  const hub = useHub();
  const n = found.added + found.moved + found.removed + found.contacts;
  const name = (what: string, value: string) => (what === 'contact' ? value : value && orgName(hub, value)) || t('tree.nothing');
  if (n === 0) return <Panel tone="good" icon="check" title={t('tree.same', { n: found.nodes })} />;
  return (
    <>
      <Panel tone="info" icon="eye" title={t('tree.would', { n: found.nodes })}>
        <p>{t('tree.would_counts', { added: found.added, moved: found.moved, removed: found.removed, contacts: found.contacts })}</p>
      </Panel>
      <Table caption={t('tree.changes')} rows={found.changes.slice(0, ROWS)} rowKey={(c) => `${c.org} ${c.what}`} columns={[
        { head: t('hub.col_org'), isMain: true, cell: (c) => orgName(hub, c.org) },
        { head: t('tree.what'), cell: (c) => word('tree.change', c.what) },
        { head: t('tree.before'), cell: (c) => name(c.what, c.before) },
        { head: t('tree.after'), cell: (c) => name(c.what, c.after) },
      ]} />
      {n > Math.min(ROWS, found.changes.length) && <p class="hint">{t('drill.more_rows', { n: n - Math.min(ROWS, found.changes.length) })}</p>}
      <div class="row"><Button kind="primary" icon="check" isBusy={isBusy} onClick={onTake}>{t('tree.take')}</Button></div>
    </>
  );
}
