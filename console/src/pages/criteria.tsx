// SPDX-License-Identifier: Apache-2.0
// The tree: categories, requirements, criteria. Declared and observed stand in two columns.
import { useMemo, useState } from 'preact/hooks';
import { list, part } from '../api';
import { PageHead } from '../app';
import { lang, t, word } from '../i18n';
import { isWanted, STANDINGS, standing, type Filters, type Standing } from '../lib/counts';
import { formatDay } from '../lib/format';
import { to } from '../lib/route';
import type { Group, Line, List, State } from '../types';
import { Button, Empty, ErrorPanel, Loading, MarkChip, ObservedChip, Section, SelectField, StateChip, TextField, standingIcon } from '../ui/basic';
import { useHead, useLoad } from '../ui/hooks';
import { Icon } from '../ui/icons';
import { CountBar } from '../ui/pictures';

const NOTHING: Filters = { state: '', observed: '', confirmation: '', text: '' };

interface Node { group: Group; lines: Line[]; children: Node[] }

/** Groups in their order with the lines below them; a group without a wanted line is left out. */
export function treeOf(groups: Group[], lines: Line[]): { roots: Node[]; loose: Line[] } {
  const nodes = new Map<string, Node>();
  for (const group of groups) nodes.set(group.id, { group, lines: [], children: [] });
  const loose: Line[] = [];
  for (const line of lines) {
    const node = nodes.get(line.group) ?? nodes.get(line.requirement);
    if (node) node.lines.push(line);
    else loose.push(line);
  }
  const roots: Node[] = [];
  for (const group of groups) {
    const node = nodes.get(group.id) as Node;
    const above = group.parent ? nodes.get(group.parent) : undefined;
    if (above && above !== node) above.children.push(node);
    else roots.push(node);
  }
  const used = new Set<string>();
  for (const node of [...nodes.values()].reverse()) if (node.lines.length > 0 || node.children.some((c) => used.has(c.group.id))) used.add(node.group.id);
  const kept = (node: Node) => used.has(node.group.id);
  for (const node of nodes.values()) node.children = node.children.filter(kept);
  return { roots: roots.filter(kept), loose };
}

function linesBelow(node: Node): Line[] {
  const all: Line[] = [];
  const todo = [node];
  for (let n = todo.pop(); n; n = todo.pop()) {
    all.push(...n.lines);
    todo.push(...n.children);
  }
  return all;
}

function Tally({ lines }: { lines: Line[] }) {
  const by = new Map<Standing, number>();
  for (const line of lines) by.set(standing(line), (by.get(standing(line)) ?? 0) + 1);
  return (
    <span class="tally">
      {STANDINGS.filter((s) => by.get(s)).map((s) => (
        <span class={`tally-one tone-${s}`} title={word('standing', s)}>
          <Icon name={standingIcon(s)} size={13} /><span class="sr">{word('standing', s)}</span> {by.get(s)}
        </span>
      ))}
    </span>
  );
}

function CriterionLine({ line, link }: { line: Line; link: string }) {
  return (
    <li class="line">
      <a class="line-link" href={link}>
        <span class="line-id">{line.id}</span><span class="line-title">{line.title}</span>
      </a>
      <div class="line-declared"><span class="cell-head">{t('criteria.declared')}</span><StateChip line={line} /></div>
      <div class="line-observed"><span class="cell-head">{t('criteria.observed')}</span><ObservedChip observed={line.observed} /></div>
      <div class="line-more">
        {line.evidence > 0 && <span class="with-icon"><Icon name="clip" size={15} /> {t('criteria.evidence_n', { n: line.evidence })}</span>}
        {line.stale && <span class="with-icon warn-ink"><Icon name="clock" size={15} /> {t('criteria.stale')}</span>}
        {line.confirmation && <MarkChip mark={line.confirmation} />}
        {line.by && line.state !== 'open' && <span class="soft small">{line.by}{line.date ? ` · ${formatDay(line.date, lang())}` : ''}</span>}
      </div>
    </li>
  );
}

function Branch({ node, linkOf, level, isOpen }: { node: Node; linkOf: (line: Line) => string; level: number; isOpen: boolean }) {
  const below = linesBelow(node);
  const inner = (
    <>
      {node.lines.length > 0 && <ul class="lines">{node.lines.map((line) => <CriterionLine key={line.id} line={line} link={linkOf(line)} />)}</ul>}
      {node.children.map((child) => <Branch key={child.group.id} node={child} linkOf={linkOf} level={level + 1} isOpen={isOpen} />)}
    </>
  );
  const title = <><span class="group-id">{node.group.id}</span> <span class="group-title">{node.group.title}</span></>;
  if (level === 0) {
    return (
      <details class="branch" open={isOpen}>
        <summary><Icon name="down" /><h2>{title}</h2><Tally lines={below} /></summary>
        {inner}
      </details>
    );
  }
  const H = level === 1 ? 'h3' : 'h4';
  return (
    <div class={`group level-${level}`}>
      <div class="group-head"><H>{title}</H>{level > 1 || node.children.length === 0 ? <Tally lines={below} /> : null}</div>
      {node.group.asked && <p class="group-asked">{node.group.asked}</p>}
      {inner}
    </div>
  );
}

export function Criteria({ query }: { query: URLSearchParams }) {
  const head = useHead();
  const [filters, setFilters] = useState<Filters>({
    ...NOTHING, state: (query.get('state') ?? '') as State | '', observed: query.get('observed') ?? '', confirmation: query.get('confirmation') ?? '',
  });
  const [isOpen, setOpen] = useState(true);
  const load = useLoad(`criteria ${head.id}`, () => list<Line, List<Line> & { groups?: Group[] }>(`/assessments/${part(head.id)}/criteria`));
  const lines = useMemo(() => (load.data?.items ?? []).filter((line) => isWanted(line, filters)), [load.data, filters]);
  const tree = useMemo(() => treeOf(load.data?.groups ?? [], lines), [load.data, lines]);
  const isFiltered = JSON.stringify(filters) !== JSON.stringify(NOTHING);
  const linkOf = (line: Line) => to(head.id, 'criteria', line.id);
  const firstOpen = load.data?.items.find((line) => line.state === 'open');
  const set = (name: keyof Filters) => (value: string) => setFilters({ ...filters, [name]: value });
  return (
    <>
      <PageHead title={t('page.criteria')} lead={t('criteria.lead')} />
      <CountBar counts={head.counts} link={(state) => to(head.id, 'criteria', undefined, { state })} key={JSON.stringify(head.counts)} />
      {firstOpen && <p class="row"><a class="button primary" href={linkOf(firstOpen)}><Icon name="pen" /><span>{t('criteria.first_open', { id: firstOpen.id })}</span></a></p>}
      <form class="filters" role="search" aria-label={t('criteria.filter')} onSubmit={(e) => e.preventDefault()}>
        <TextField label={t('criteria.search')} type="search" value={filters.text} onInput={set('text')} class="grow" />
        <SelectField label={t('criteria.declared')} value={filters.state} onInput={set('state')}
          options={[['', t('criteria.any')], ...(['met', 'partly', 'not_met', 'na', 'open'] as const).map((s): [string, string] => [s, word('state', s)])]} />
        <SelectField label={t('criteria.observed')} value={filters.observed} onInput={set('observed')}
          options={[['', t('criteria.any')], ...(['supports', 'contradicts', 'stale', 'none'] as const).map((s): [string, string] => [s, word('observed', s)])]} />
        <SelectField label={t('criteria.confirmation')} value={filters.confirmation} onInput={set('confirmation')}
          options={[['', t('criteria.any')], ...(['confirmed', 'returned', 'void', 'none'] as const).map((s): [string, string] => [s, word('confirmation', s)])]} />
      </form>
      <div class="row between">
        <p role="status">{load.data ? t(isFiltered ? 'criteria.shown' : 'criteria.all', { n: lines.length, all: load.data.items.length }) : ''}</p>
        <span class="row tight">
          {isFiltered && <Button kind="quiet" icon="cross" onClick={() => setFilters(NOTHING)}>{t('criteria.clear')}</Button>}
          <Button kind="quiet" icon={isOpen ? 'dash' : 'plus'} onClick={() => setOpen(!isOpen)}>{t(isOpen ? 'criteria.close_all' : 'criteria.open_all')}</Button>
        </span>
      </div>
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading what={t('criteria.loading')} />}
      {load.data && lines.length === 0 && <Empty title={t('criteria.none')} icon="search"><Button onClick={() => setFilters(NOTHING)}>{t('criteria.clear')}</Button></Empty>}
      <div class="tree" key={String(isOpen)}>
        {tree.roots.map((node) => <Branch key={node.group.id} node={node} linkOf={linkOf} level={0} isOpen={isOpen || isFiltered} />)}
        {tree.loose.length > 0 && <Section title={t('criteria.loose')}><ul class="lines">{tree.loose.map((line) => <CriterionLine line={line} link={linkOf(line)} />)}</ul></Section>}
      </div>
    </>
  );
}
