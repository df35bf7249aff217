// SPDX-License-Identifier: Apache-2.0
// What the hub's pages work out by themselves: which reasons are the strongest, what may follow a
// state, how old something is, where a mark stands. No browser, no clock.
import type { Alert, DemoScene, Feed, Flow, FlowHead, FunnelDay, HubSession, Level, Outcome, Role, Severity, Situation, State, TreeNode, Warning, WrongContact } from './types';

const LEVELS: Record<Level, number> = { informational: 0, low: 1, medium: 2, high: 3, critical: 4 };
const OUTCOMES: Record<Outcome, number> = { attempt: 0, unknown: 1, possible: 2 };
export const SEVERITIES: Severity[] = ['critical', 'high', 'medium', 'low'];

/**
 * The three alerts that say most, each of another rule: what may have succeeded before what was
 * only tried, then by level, then the earliest. What noise removal took is no reason.
 */
export function strongest(alerts: Alert[], most = 3): Alert[] {
  const sorted = alerts.filter((a) => !a.removed_by).sort((a, b) =>
    OUTCOMES[b.outcome] - OUTCOMES[a.outcome] || LEVELS[b.level] - LEVELS[a.level] || a.first.localeCompare(b.first) || a.finding.localeCompare(b.finding));
  const rules = new Set<string>();
  return sorted.filter((a) => !rules.has(a.rule) && rules.add(a.rule)).slice(0, most);
}

const STEPS: Record<State, State[]> = {
  new: ['check'],
  check: ['confirmed', 'noise'],
  noise: ['check'],
  confirmed: ['notified', 'resolved', 'check'],
  notified: ['acknowledged', 'resolved', 'check'],
  acknowledged: ['resolved', 'check'],
  resolved: ['check'],
};

/** States that may follow, the usual one first (docs/situations.md). */
export function nextStates(state: State): State[] {
  return STEPS[state] ?? [];
}

export function isOpen(s: Pick<Situation, 'state'>): boolean {
  return s.state !== 'noise' && s.state !== 'resolved';
}

export function isLate(s: Pick<Situation, 'due' | 'state'>, now: number): boolean {
  return !!s.due && isOpen(s) && Date.parse(s.due) < now;
}

/** By severity, then what went on last. */
export function worstFirst<T extends Pick<Situation, 'severity' | 'last'>>(all: T[]): T[] {
  return [...all].sort((a, b) => LEVELS[b.severity] - LEVELS[a.severity] || b.last.localeCompare(a.last));
}

export function milliseconds(time: string): number {
  return Date.parse(time.replace(/(\.\d{3})\d+/, '$1'));
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [['day', 86400], ['hour', 3600], ['minute', 60]];

/** How long ago, as a number of one unit; what lies ahead by a skewed clock is "now". */
export function age(time: string, now: number): { n: number; unit: Intl.RelativeTimeFormatUnit } {
  const seconds = Math.max(0, Math.floor((now - milliseconds(time)) / 1000));
  for (const [unit, size] of UNITS) if (seconds >= size) return { n: Math.floor(seconds / size), unit };
  return { n: 0, unit: 'minute' };
}

export function roleOf(session: HubSession): Role {
  const has = (role: Role) => session.grants.some((g) => g.role === role);
  for (const role of ['analyst', 'member', 'provider'] as Role[]) if (has(role)) return role;
  return 'administrator';
}

/** The second factor of this session has still to be given. */
export function needsCode(session: HubSession): boolean {
  return session.kind === 'person' && (session.person?.second_factor ?? false) && !session.second_factor_given;
}

export interface Lane { name: string; marks: { x: number; r: number; alert: Alert }[] }

/** Lanes of the drawing: an organisation each, or a log each where there is one organisation. */
export function lanes(alerts: Alert[], from: number, to: number, laneMax = 8): { lanes: Lane[]; first: number; last: number; more: number } {
  const times = alerts.flatMap((a) => [milliseconds(a.first), milliseconds(a.last)]);
  const first = Math.min(...times);
  const last = Math.max(...times);
  const isOne = new Set(alerts.map((a) => a.org)).size <= 1;
  const byName = new Map<string, Lane>();
  for (const alert of alerts) {
    const name = isOne ? alert.log : alert.org;
    const lane = byName.get(name) ?? { name, marks: [] };
    const share = last > first ? (milliseconds(alert.first) - first) / (last - first) : 0.5;
    lane.marks.push({ x: from + share * (to - from), r: 4 + Math.min(6, Math.log2(alert.count + 1)), alert });
    byName.set(name, lane);
  }
  const all = [...byName.values()];
  return { lanes: all.slice(0, laneMax), first, last, more: Math.max(0, all.length - laneMax) };
}

export interface FunnelSum { records: number; findings: number; removed: Record<string, number>; left: number; situations: number; notices: number }

export function sumDays(days: FunnelDay[]): FunnelSum {
  const sum: FunnelSum = { records: 0, findings: 0, removed: {}, left: 0, situations: 0, notices: 0 };
  for (const day of days) {
    sum.records += day.records;
    sum.findings += day.findings;
    sum.left += day.findings_after_noise;
    sum.situations += day.situations;
    sum.notices += day.notices;
    for (const [step, n] of Object.entries(day.removed)) sum.removed[step] = (sum.removed[step] ?? 0) + n.findings;
  }
  return sum;
}

/** Widths of the funnel's bars: by orders of magnitude, for 20,000 lines stand beside one situation. */
export function funnelWidths(counts: number[], widest: number, least: number): number[] {
  const most = Math.log10(Math.max(1, ...counts) + 1);
  return counts.map((n) => (n === 0 ? 0 : least + (widest - least) * (Math.log10(n + 1) / most)));
}

/** Of warnings: who was told, has read, has acted, and who has not read. Each organisation once. */
export function receipts(warnings: Warning[]): { told: Warning[]; read: Warning[]; acted: Warning[]; unread: Warning[] } {
  const told = warnings.filter((w) => w.released !== null);
  return { told, read: told.filter((w) => w.seen || w.acknowledged), acted: told.filter((w) => w.acted), unread: told.filter((w) => !w.seen && !w.acknowledged) };
}

/** The leaves of an object with their paths, in order: what people compare before and after. */
export function leaves(value: unknown, path = '', into: [string, string][] = []): [string, string][] {
  if (value === null || value === undefined || value === '') return into;
  if (Array.isArray(value)) value.forEach((one, i) => leaves(one, `${path}[${i}]`, into));
  else if (typeof value === 'object') for (const [key, one] of Object.entries(value)) leaves(one, path ? `${path}.${key}` : key, into);
  else into.push([path, String(value)]);
  return into;
}

export interface Compared { path: string; before: string; after: string | null }

/**
 * Before and after side by side. Entries of a list may be left out in the middle, so there equal
 * texts are matched first.
 */
export function compared(before: unknown, after: unknown): Compared[] {
  const rest = leaves(after);
  const take = (path: string, text: string): string | null => {
    const shape = path.replace(/\[\d+\]/g, '[]');
    let at = rest.findIndex(([p, v]) => v === text && p.replace(/\[\d+\]/g, '[]') === shape);
    if (at < 0) at = rest.findIndex(([p]) => p === path);
    return at < 0 ? null : (rest.splice(at, 1)[0]?.[1] ?? null);
  };
  const rows = leaves(before).map(([path, text]) => ({ path, before: text, after: null as string | null }));
  for (const row of rows) {
    const at = rest.findIndex(([p, v]) => v === row.before && p.replace(/\[\d+\]/g, '[]') === row.path.replace(/\[\d+\]/g, '[]'));
    if (at >= 0) row.after = rest.splice(at, 1)[0]?.[1] ?? null;
  }
  for (const row of rows) if (row.after === null) row.after = take(row.path, row.before);
  return rows;
}

interface Both { ja: string; en: string }
/** What a person may put right of a notice; `indicators` one value a line. */
export interface Correction { title: Both; comment: Both; indicators: string[]; what: Both; response: Both }

/** What a value is by its looks, as the notice's form names it; null: nobody can say. */
export function indicatorType(value: string): string | null {
  if (/^[0-9a-f]+$/i.test(value) && [32, 40, 64, 128].includes(value.length)) return 'hash';
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return 'url';
  if (/^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/.test(value) || (/^[0-9a-f:.]+(\/\d{1,3})?$/i.test(value) && value.split(':').length > 2)) return 'address';
  if (/^[^\s@/]+@[^\s@/]+$/.test(value)) return 'mail';
  if (/^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/i.test(value)) return /\.[a-z]{2,}$/i.test(value) ? 'domain' : null;
  return null;
}

type Tree = Record<string, unknown>;

function tree(value: unknown): Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {};
}

function listed(notice: unknown): Tree[] {
  const list = tree(tree(notice)['attack'])['indicators'];
  return Array.isArray(list) ? list.map(tree) : [];
}

export function indicatorLines(notice: unknown): string[] {
  return listed(notice).map((i) => String(i['value'] ?? ''));
}

/** Lines that are no indicator as they stand: a new one has to be known by its looks. */
export function unknownIndicators(notice: unknown, lines: string[]): string[] {
  const known = new Set(indicatorLines(notice));
  return lines.map((l) => l.trim()).filter((l) => l && !known.has(l) && !indicatorType(l));
}

/** What is to be said over the notice: the keys that are another by `c`, whole; an indicator that stays keeps all it had. */
export function corrected(notice: unknown, c: Correction): Tree {
  const of = tree(notice), attack = tree(of['attack']), damage = tree(of['damage']);
  const said: Tree = {}, saidAttack: Tree = {}, saidDamage: Tree = {};
  const text = (into: Tree, key: string, was: unknown, now: Both) => {
    const before = tree(was);
    if ((before['ja'] ?? '') !== now.ja.trim() || (before['en'] ?? '') !== now.en.trim()) into[key] = { ja: now.ja.trim(), en: now.en.trim() };
  };
  const had = new Map(listed(notice).map((i) => [String(i['value'] ?? ''), i]));
  const lines = [...new Set(c.indicators.map((l) => l.trim()).filter(Boolean))];
  text(said, 'title', of['title'], c.title);
  text(saidAttack, 'comment', attack['comment'], c.comment);
  if (lines.join('\n') !== [...had.keys()].join('\n')) saidAttack['indicators'] = lines.map((value) => had.get(value) ?? { type: indicatorType(value) ?? 'file', value });
  text(saidDamage, 'what', damage['what'], c.what);
  text(saidDamage, 'response', damage['response'], c.response);
  if (Object.keys(saidAttack).length) said['attack'] = saidAttack;
  if (Object.keys(saidDamage).length) said['damage'] = { ...damage, ...saidDamage };
  return said;
}

/** Half of the waiting times and nearly all of them, in a unit that people read. */
export function duration(ms: number): { n: number; unit: 'second' | 'minute' | 'hour' | 'day' } {
  const seconds = ms / 1000;
  if (seconds < 120) return { n: Math.round(seconds), unit: 'second' };
  if (seconds < 7200) return { n: Math.round(seconds / 60), unit: 'minute' };
  if (seconds < 172800) return { n: Math.round(seconds / 3600), unit: 'hour' };
  return { n: Math.round(seconds / 86400), unit: 'day' };
}

/** The scene at a place of the demo's guide; the first and the last are its ends. */
export function sceneAt(scenes: DemoScene[], at: number): DemoScene | null {
  const place = Number.isInteger(at) ? Math.min(Math.max(at, 0), scenes.length - 1) : 0;
  return scenes[place] ?? null;
}

/** "funnel?org=acme" as an address behind '#', the page's name, and the organisation to look at. */
export function viewOf(page: string): { hash: string; page: string; org: string | null } {
  const [path = '', query = ''] = page.split('?', 2);
  return { hash: `#/${page}`, page: path.split('/')[0] ?? '', org: new URLSearchParams(query).get('org') };
}

// ---- the tree, drills and provisions ----

export interface Branch { org: string; children: Branch[]; count: number }

/** The tree from above; who stands below somebody that is not there comes at the end, so that nobody is lost. */
export function branches(nodes: TreeNode[], name: (org: string) => string): Branch[] {
  const below = new Map<string, TreeNode[]>();
  const known = new Set(nodes.map((n) => n.org));
  for (const node of nodes) {
    const parent = known.has(node.parent) ? node.parent : '';
    below.set(parent, [...(below.get(parent) ?? []), node]);
  }
  const grow = (org: string, depth: number): Branch[] => (depth > 3 ? [] : (below.get(org) ?? []))
    .sort((a, b) => name(a.org).localeCompare(name(b.org), 'ja'))
    .map((n) => {
      const children = grow(n.org, depth + 1);
      return { org: n.org, children, count: children.reduce((sum, c) => sum + 1 + c.count, 0) };
    });
  return grow('', 0);
}

/** Where a plan stands, as one word. */
export function flowState(f: Pick<FlowHead, 'state' | 'stopped' | 'over'>): 'draft' | 'going' | 'over' | 'stopped' | 'refused' | 'withdrawn' {
  if (f.state === 'draft') return 'draft';
  if (f.state === 'refused') return 'refused';
  if (f.state === 'withdrawn' || f.state === 'corrected') return 'withdrawn';
  if (f.stopped) return 'stopped';
  return f.over ? 'over' : 'going';
}

export interface FlowSum { nodes: number; sent: number; delivered: number; acknowledged: number; waits: number }

/** Of one plan: its stages are parts of one whole, the recipients. */
export function flowSum(f: Flow): FlowSum {
  const add = (of: (s: Flow['stages'][number]) => number) => f.stages.reduce((sum, s) => sum + of(s), 0);
  return { nodes: add((s) => s.nodes), sent: add((s) => s.sent), delivered: add((s) => s.delivered), acknowledged: add((s) => s.acknowledged), waits: add((s) => s.failed['not-reached'] ?? 0) };
}

/** Whoever stands at @org, and all below. */
function below(nodes: TreeNode[], org: string): string[] {
  const all = [org];
  for (const one of all) for (const node of nodes) if (node.parent === one && !all.includes(node.org)) all.push(node.org);
  return all;
}

/**
 * Contacts that drills showed to be wrong and no later one showed to be right: @flows newest first. One that never reached
 * everybody says nothing of those it did not name.
 */
export function openCorrections(flows: Flow[], nodes: TreeNode[]): (WrongContact & { number: string })[] {
  const tested = new Set<string>();
  const found: (WrongContact & { number: string })[] = [];
  for (const f of flows) {
    for (const c of f.corrections) if (!tested.has(c.org)) found.push({ ...c, number: f.number });
    for (const c of f.corrections) tested.add(c.org);
    if (flowSum(f).delivered === 0 || flowSum(f).waits > 0) continue;
    for (const org of f.branch ? below(nodes, f.branch) : nodes.map((n) => n.org)) tested.add(org);
  }
  return found;
}

const HASHES = new Set([32, 40, 64, 128]);

/** "hxxps://evil[.]example/a" as it was before somebody made it harmless. */
export function refanged(text: string): string {
  return text.trim().replace(/^hxxp/i, 'http').replace(/\[\.\]|\(\.\)|\[dot\]/gi, '.').replace(/\[:\]/g, ':');
}

/** What an indicator is, by its look: one a line. Null: none that leaves a hub (docs/gate.md). */
export function indicatorOf(line: string): { type: string; value: string } | null {
  const value = refanged(line);
  if (/^https?:\/\/[^\s]+$/i.test(value)) return { type: 'url', value };
  if (/^[0-9a-f]+$/i.test(value) && HASHES.has(value.length)) return { type: 'hash', value: value.toLowerCase() };
  if (/^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/.test(value) || (/^[0-9a-f:]+(\/\d{1,3})?$/i.test(value) && value.includes('::')) || /^([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}$/i.test(value)) return { type: 'address', value };
  if (/^([a-z0-9_]([a-z0-9_-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/i.test(value)) return { type: 'domain', value: value.toLowerCase() };
  return null;
}

/** Bytes of a table as office programs write them: UTF-8, or what Windows in Japan calls its own. */
export function tableText(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const head = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
    return new TextDecoder(head[0] === 0xff && head[1] === 0xfe ? 'utf-16le' : 'shift_jis').decode(bytes);
  }
}

/** How a feed stands: what it does now counts before how it went. */
export function feedState(f: Pick<Feed, 'state'>): 'new' | 'running' | 'failing' | 'good' {
  if (!f.state) return 'new';
  if (f.state.running) return 'running';
  if (f.state.failures > 0) return 'failing';
  return f.state.last_success ? 'good' : 'new';
}
