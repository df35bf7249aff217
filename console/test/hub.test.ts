// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from 'vitest';
import { startLive, type LiveWorld, type SourceEvents, type Told } from '../src/hub/live';
import { age, branches, compared, corrected, duration, feedState, flowState, flowSum, funnelWidths, indicatorOf, indicatorType, isLate, lanes, leaves, needsCode, nextStates, openCorrections, receipts, roleOf, sceneAt, strongest, sumDays, tableText, unknownIndicators, viewOf, worstFirst } from '../src/hub/logic';
import { dueSoon, fromText, hoursOf, hoursText, lacking, minuteOf, servicesOf, tellFor, toText, valueOf, wanted, withTexts } from '../src/hub/reports';
import { blocks } from '../src/hub/notice_text';
import { valueWords } from '../src/hub/notice_words';
import { reasonWords, refusalWords } from '../src/hub/said';
import { applyLang } from '../src/i18n';
import { hubTo, parseHubRoute } from '../src/hub/route';
import type { Alert, Flow, FormState, FunnelDay, HubSession, Situation, Warning } from '../src/hub/types';

const alert = (more: Partial<Alert>): Alert => ({
  finding: 'f', org: 'acme', rule: 'r', title: 't', title_ja: null, log: 'web.log', actor: null, target: null, level: 'medium', outcome: 'unknown', count: 1,
  first: '2026-11-25T01:00:00Z', last: '2026-11-25T01:00:00Z', removed_by: null, removed_why: null, judged: null, judged_by: null, judged_at: null, ...more,
});

describe('the guide of a demo', () => {
  const scenes = [1, 2, 3].map((scene) => ({ scene, title: { ja: '', en: '' }, told: { ja: [], en: [] }, views: [] }));
  it('has two ends, and nothing before it is told', () => {
    expect([-1, 0, 1, 2, 9, 0.5, NaN].map((at) => sceneAt(scenes, at)?.scene)).toEqual([1, 1, 2, 3, 3, 1, 1]);
    expect(sceneAt([], 0)).toBeNull();
  });
  it('says where to look, and at whom', () => {
    expect(viewOf('funnel?org=acme')).toEqual({ hash: '#/funnel?org=acme', page: 'funnel', org: 'acme' });
    expect(viewOf('warnings/0a')).toEqual({ hash: '#/warnings/0a', page: 'warnings', org: null });
    expect(viewOf('')).toEqual({ hash: '#/', page: '', org: null });
  });
});

describe('what the program says in English', () => {
  const speak = (to: 'ja' | 'en') => { (globalThis as { document?: unknown }).document = { documentElement: { lang: '' } }; applyLang(to); };
  afterEach(() => speak('ja'));
  it('is told in Japanese, with its numbers and names', () => {
    expect(reasonWords('status 404: there is nothing at this path')).toBe('応答コード404：この場所には何もありませんでした');
    expect(reasonWords('answered with 900 bytes, as usual for this path (median 880)')).toBe('応答は900バイトで、この場所のふだんの大きさ（中央値880）と変わりません');
    expect(reasonWords('the same source was then let in: {1} $& sato')).toBe('その後、同じ送信元のサインインが受け入れられています：{1} $& sato');
    expect(reasonWords('something else')).toBe('something else');
    expect(refusalWords('the local policy takes none from the hub')).toBe('手元の方針で、ハブからは受け取らないことになっています');
    speak('en');
    expect(reasonWords('the sign-in was refused')).toBe('the sign-in was refused');
  });
  it('are words of a notice, too', () => {
    expect(['attack.field', 'attack.indicators[0].type', 'damage.targets[1].type'].map((path) => valueWords(path, path === 'attack.field' ? 'network' : path.includes('targets') ? 'target' : 'address')))
      .toEqual(['ネットワーク機器・VPN機器', 'アドレス', '対象']);
    expect(valueWords('damage.targets[0].type', 'Computer')).toBe('Computer');
  });
});

describe('the text of a notice', () => {
  it('is shown in its parts, all of it and in its order', () => {
    const text = '注意喚起 2026-0001\n2026-11-26 23:03\n\n*** 防御のためにのみ\n\n# 何が起きたか\n  種類: VPN\n  見つかったもの: a: b\n    c\n\n# 今すること\n  1. 一\n  2. 二\n\n# しないこと\n  - 三\n\n終わり\n';
    expect(blocks(text)).toEqual([
      { kind: 'text', text: '注意喚起 2026-0001' }, { kind: 'text', text: '2026-11-26 23:03' }, { kind: 'mark', text: '防御のためにのみ' },
      { kind: 'title', text: '何が起きたか' }, { kind: 'rows', rows: [{ key: '種類', values: ['VPN'] }, { key: '見つかったもの', values: ['a: b', 'c'] }] },
      { kind: 'title', text: '今すること' }, { kind: 'list', isNumbered: true, items: ['一', '二'] },
      { kind: 'title', text: 'しないこと' }, { kind: 'list', isNumbered: false, items: ['三'] }, { kind: 'text', text: '終わり' },
    ]);
    const whole = (b: ReturnType<typeof blocks>[number]): string[] => b.kind === 'rows' ? b.rows.flatMap((r) => [r.key, ...r.values]) : b.kind === 'list' ? b.items : [b.text];
    const bare = (s: string) => s.replace(/[\s#*:-]|\d+\. /g, '');
    expect(bare(blocks(text).flatMap(whole).join(''))).toBe(bare(text));
    expect(blocks('')).toEqual([]);
    expect(blocks('    alone\n  http://x/ y\n')).toEqual([{ kind: 'text', text: 'alone' }, { kind: 'text', text: 'http://x/ y' }]);
  });
});

describe('reasons', () => {
  it('are three, of three rules, what may have succeeded first', () => {
    const all = [
      alert({ finding: 'a', rule: '1', level: 'critical', outcome: 'attempt' }), alert({ finding: 'b', rule: '2', level: 'low', outcome: 'possible' }),
      alert({ finding: 'c', rule: '2', level: 'high', outcome: 'possible' }), alert({ finding: 'd', rule: '3', level: 'high' }),
      alert({ finding: 'e', rule: '4', level: 'medium' }), alert({ finding: 'x', rule: '5', level: 'critical', outcome: 'possible', removed_by: 'allowed' }),
    ];
    expect(strongest(all).map((a) => a.finding)).toEqual(['c', 'd', 'e']);
    expect(strongest([...all].reverse()).map((a) => a.finding)).toEqual(['c', 'd', 'e']);
    expect(strongest([])).toEqual([]);
  });
});

describe('a correction', () => {
  const notice = {
    title: { ja: '題', en: 'title' }, attack: { field: 'web', indicators: [{ type: 'address', value: '203.0.113.24', pap: 'amber' }, { type: 'domain', value: 'evil.example' }] },
    damage: { what: { ja: '被害', en: '' }, records: ['one'] },
  };
  const as = { title: { ja: '題', en: 'title' }, comment: { ja: '', en: '' }, indicators: ['203.0.113.24', 'evil.example'], what: { ja: '被害', en: '' }, response: { ja: '', en: '' } };
  it('says nothing where nothing is another', () => {
    expect(corrected(notice, as)).toEqual({});
    expect(corrected(notice, { ...as, indicators: [' 203.0.113.24', 'evil.example ', ''] })).toEqual({});
    expect(corrected({}, { ...as, title: { ja: '', en: '' }, indicators: [], what: { ja: '', en: '' } })).toEqual({});
  });
  it('keeps what an indicator had, and knows a new one by its looks', () => {
    expect(corrected(notice, { ...as, indicators: ['203.0.113.24', 'https://evil.example/x'] })).toEqual({
      attack: { indicators: [{ type: 'address', value: '203.0.113.24', pap: 'amber' }, { type: 'url', value: 'https://evil.example/x' }] },
    });
    expect(corrected(notice, { ...as, indicators: [] })).toEqual({ attack: { indicators: [] } });
  });
  it('leaves the rest of a half as it is', () => {
    expect(corrected(notice, { ...as, what: { ja: '別の被害', en: '' } })).toEqual({ damage: { what: { ja: '別の被害', en: '' }, records: ['one'] } });
    expect(corrected(notice, { ...as, title: { ja: '別の題', en: 'title' } })).toEqual({ title: { ja: '別の題', en: 'title' } });
  });
  it('names lines that nobody can place', () => {
    expect(['192.0.2.0/24', '2001:db8::1', 'a'.repeat(64), 'a@b.example', 'x.example', '1.2.3', 'words', 'c:/x'].map(indicatorType)).toEqual(['address', 'address', 'hash', 'mail', 'domain', null, null, null]);
    expect(unknownIndicators(notice, ['evil.example', 'some words', ''])).toEqual(['some words']);
  });
});

describe('states', () => {
  it('go as docs/situations.md says', () => {
    expect(nextStates('new')).toEqual(['check']);
    expect(nextStates('noise')).toEqual(['check']);
    for (const state of ['confirmed', 'notified', 'acknowledged'] as const) expect(nextStates(state)).toEqual(expect.arrayContaining(['resolved', 'check']));
  });
  it('that are over are never late', () => {
    const now = Date.parse('2026-11-26T00:00:00Z');
    expect(isLate({ state: 'check', due: '2026-11-25T00:00:00Z' }, now)).toBe(true);
    expect(isLate({ state: 'resolved', due: '2026-11-25T00:00:00Z' }, now)).toBe(false);
    expect(isLate({ state: 'check', due: null }, now)).toBe(false);
  });
  it('stand with the worst first, then what went on last', () => {
    const one = (severity: Situation['severity'], last: string) => ({ severity, last });
    expect(worstFirst([one('low', '3'), one('critical', '1'), one('critical', '2')])).toEqual([one('critical', '2'), one('critical', '1'), one('low', '3')]);
  });
});

describe('times', () => {
  const now = Date.parse('2026-11-26T00:00:00Z');
  it('are told in the largest whole unit, also with nanoseconds and a skewed clock', () => {
    expect(age('2026-11-25T23:59:30.123456789Z', now)).toEqual({ n: 0, unit: 'minute' });
    expect(age('2026-11-25T22:30:00Z', now)).toEqual({ n: 1, unit: 'hour' });
    expect(age('2026-11-20T00:00:00Z', now)).toEqual({ n: 6, unit: 'day' });
    expect(age('2026-11-27T00:00:00Z', now)).toEqual({ n: 0, unit: 'minute' });
    expect(duration(21000)).toEqual({ n: 21, unit: 'second' });
    expect(duration(3 * 3600000)).toEqual({ n: 3, unit: 'hour' });
  });
  it('place marks between the first and the last', () => {
    const drawn = lanes([alert({}), alert({ finding: 'b', first: '2026-11-25T02:00:00Z', last: '2026-11-25T02:00:00Z', log: 'vpn.log' }), alert({ finding: 'c', first: '2026-11-25T01:30:00Z', last: '2026-11-25T01:30:00Z' })], 100, 200);
    expect(drawn.lanes.map((l) => [l.name, l.marks.map((m) => m.x)])).toEqual([['web.log', [100, 150]], ['vpn.log', [200]]]);
    expect(lanes([alert({})], 100, 200).lanes[0]?.marks[0]?.x).toBe(150);
    expect(lanes(Array.from({ length: 11 }, (_, i) => alert({ org: `o${i}` })), 0, 1).more).toBe(3);
  });
});

describe('the funnel', () => {
  it('adds days up, and shows small numbers beside large ones', () => {
    const day = { day: '', date: '2026-11-25', records: 10, findings: 4, alerts: 1, removed: { mitigated: { findings: 3, alerts: 1 } }, findings_after_noise: 1, alerts_after_noise: 1, situations: 1, notices: 0 } as FunnelDay;
    expect(sumDays([day, day])).toEqual({ records: 20, findings: 8, removed: { mitigated: 6 }, left: 2, situations: 2, notices: 0 });
    const [a, b, c] = funnelWidths([20000, 1, 0], 500, 14) as [number, number, number];
    expect(a).toBe(500);
    expect(b).toBeGreaterThan(14);
    expect(c).toBe(0);
  });
});

describe('warnings', () => {
  const at = { time: '2026-11-25T01:00:00Z', who: 'x', how: 'console' as const };
  const warning = (more: Partial<Warning>) => ({ released: at.time, delivered: null, seen: null, acknowledged: null, acted: null, ...more }) as Warning;
  it('count who was told, has read and acted; a telephone call that was understood is read', () => {
    const r = receipts([warning({}), warning({ seen: at }), warning({ acknowledged: at }), warning({ seen: at, acted: at }), warning({ released: null })]);
    expect([r.told.length, r.read.length, r.acted.length, r.unread.length]).toEqual([4, 3, 1, 1]);
  });
  it('are compared leaf by leaf, though entries in the middle are left out', () => {
    const before = { title: { ja: '題 acme' }, attack: { sources: ['10.0.0.1', '203.0.113.9'] }, victim: { name: 'Acme' } };
    const after = { title: { ja: '題 〔組織名〕' }, attack: { sources: ['203.0.113.9'] } };
    expect(compared(before, after)).toEqual([
      { path: 'title.ja', before: '題 acme', after: '題 〔組織名〕' }, { path: 'attack.sources[0]', before: '10.0.0.1', after: null },
      { path: 'attack.sources[1]', before: '203.0.113.9', after: '203.0.113.9' }, { path: 'victim.name', before: 'Acme', after: null },
    ]);
    expect(leaves({ a: [1, { b: true }], c: null, d: '' })).toEqual([['a[0]', '1'], ['a[1].b', 'true']]);
  });
});

describe('feeds', () => {
  const state = { running: false, last_success: null, last_error: '', error_time: null, objects: 0, refused: 0, failures: 0, next: null };
  it('what it does now counts before how it went', () => {
    expect(feedState({ state: null })).toBe('new');
    expect(feedState({ state })).toBe('new');
    expect(feedState({ state: { ...state, last_success: '2026-11-26T00:00:00Z' } })).toBe('good');
    expect(feedState({ state: { ...state, last_success: '2026-11-26T00:00:00Z', failures: 2 } })).toBe('failing');
    expect(feedState({ state: { ...state, failures: 2, running: true } })).toBe('running');
  });
});

describe('people', () => {
  const session = (more: Partial<HubSession>): HubSession => ({ kind: 'person', name: '', person: null, grants: [], second_factor_given: false, local: false, version: '', time_zone: 'Asia/Tokyo', ...more });
  it('have the role that lets them do most with situations', () => {
    expect(roleOf(session({ grants: [{ role: 'administrator', org: 'hub' }, { role: 'analyst', org: 'hub' }] }))).toBe('analyst');
    expect(roleOf(session({ kind: 'local' }))).toBe('administrator');
  });
  it('are asked for a code only where there is one', () => {
    const person = { id: '1', login: 'a', name: 'A', state: 'active', second_factor: true, recovery_codes_left: 1 };
    expect(needsCode(session({ person }))).toBe(true);
    expect(needsCode(session({ person, second_factor_given: true }))).toBe(false);
    expect(needsCode(session({ person: { ...person, second_factor: false } }))).toBe(false);
    expect(needsCode(session({ kind: 'local' }))).toBe(false);
  });
});

describe('addresses', () => {
  it('go there and back', () => {
    expect(parseHubRoute('').page).toBe('home');
    expect(parseHubRoute(hubTo('situations', 'ab', { org: 'acme' }))).toMatchObject({ page: 'situations', item: 'ab' });
    for (const bad of ['#/nowhere', '#/situations', '#/funnel/x', '#/orgs/a/b', '#/plans']) expect(parseHubRoute(bad).page).toBe('unknown');
    expect(parseHubRoute('#/orgs/%E0%A4%A').item).toBe('%E0%A4%A');
  });
});

/** One browser: a lock that one tab has at a time, a channel that all others hear, a clock by hand. */
function browser() {
  const ears = new Set<(m: Told) => void>();
  const waiting: (() => void)[] = [];
  const streams: { after: string | null; on: SourceEvents; isClosed: boolean }[] = [];
  const timers: (() => void)[] = [];
  let isHeld = false;
  const next = () => {
    if (!isHeld) waiting.shift()?.();
  };
  const tab = () => {
    const seen: string[] = [];
    let isLive = false;
    const world: LiveWorld = {
      lock: (work, signal) => new Promise<void>((resolve, reject) => {
        const begin = () => {
          isHeld = true;
          void work().then(() => {
            isHeld = false;
            next();
            resolve();
          });
        };
        signal.addEventListener('abort', () => {
          const at = waiting.indexOf(begin);
          if (at >= 0) {
            waiting.splice(at, 1);
            reject(new Error('aborted'));
          }
        });
        waiting.push(begin);
        next();
      }),
      channel: () => {
        let mine: ((m: Told) => void) | null = null;
        return {
          post: (m) => ears.forEach((ear) => ear !== mine && ear(m)),
          hear: (on) => {
            mine = on;
            ears.add(on);
          },
          close: () => void (mine && ears.delete(mine)),
        };
      },
      open: (after, on) => {
        const stream = { after, on, isClosed: false };
        streams.push(stream);
        return { close: () => { stream.isClosed = true; } };
      },
      later: (work) => {
        timers.push(work);
        return () => void timers.splice(timers.indexOf(work) >>> 0, 1);
      },
    };
    const live = startLive(world, { change: (kind) => seen.push(kind), state: (to) => { isLive = to; } });
    return { live, seen, isLive: () => isLive };
  };
  return { tab, streams, timers };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('live', () => {
  it('is one stream for eight tabs, and goes on where it was when its tab goes', async () => {
    const b = browser();
    const tabs = Array.from({ length: 8 }, () => b.tab());
    expect(b.streams.length).toBe(1);
    b.streams[0]?.on.ready();
    expect(tabs.every((tab) => tab.isLive())).toBe(true);
    b.streams[0]?.on.change('41', 'findings');
    expect(tabs.map((tab) => tab.seen)).toEqual(Array.from({ length: 8 }, () => ['findings']));
    tabs[0]?.live.stop();
    await settle();
    expect(b.streams.length).toBe(2);
    expect(b.streams[0]?.isClosed).toBe(true);
    expect(b.streams[1]?.after).toBe('41');
    b.streams[1]?.on.ready();
    b.streams[1]?.on.change('42', 'findings');
    expect(tabs.slice(1).every((tab) => tab.seen.length === 2)).toBe(true);
    expect(tabs[0]?.seen.length).toBe(1);
    tabs[3]?.live.stop(); // one that only waited
    tabs[5]?.live.touch();
    expect(tabs[6]?.seen).toEqual(['findings', 'findings', 'touched']);
  });
  it('is opened again behind the last change; a number that is refused is forgotten, and all looked at', () => {
    const b = browser();
    const tab = b.tab();
    b.streams[0]?.on.ready();
    b.streams[0]?.on.change('7', 'findings');
    b.streams[0]?.on.over();
    expect(tab.isLive()).toBe(false);
    b.timers.splice(0).forEach((go) => go());
    expect(b.streams[1]?.after).toBe('7');
    b.streams[1]?.on.over(); // it was never ready
    expect(tab.seen).toEqual(['findings', 'unknown']);
    b.timers.splice(0).forEach((go) => go());
    expect(b.streams[2]?.after).toBe(null);
  });
});

describe('reports', () => {
  const field = (path: string, type: string) => ({ path, type, title: path, help: '', choices: [] });
  const fields = [field('damage.title', 'line'), field('damage.services', 'lines'), field('damage.machines', 'count'), field('event.causes', 'choices'), field('attack.indicators', 'indicators')];
  const record = { damage: { title: '停止', services: ['出荷', '受注'], machines: 12 }, event: { causes: ['insider', 'unknown'] }, attack: { indicators: [{ type: 'address', value: '192.0.2.1', comment: '接続先 1' }, { type: 'hash', value: 'ab' }] } };
  it('are typed and shown the same way', () => {
    const texts = Object.fromEntries(fields.map((f) => [f.path, toText(valueOf(record, f.path))]));
    expect(texts['attack.indicators']).toBe('address 192.0.2.1 接続先 1\nhash ab');
    expect(withTexts({}, fields, texts)).toEqual(record);
  });
  it('lose what is emptied, keep what is not named', () => {
    expect(withTexts(record, fields, { 'damage.services': ' ', 'event.causes': '' })).toEqual({ ...record, damage: { title: '停止', machines: 12 }, event: undefined });
    expect(record.damage.services).toEqual(['出荷', '受注']);
    // What is no number goes to the hub as it is, which says what is wrong with it.
    expect(fromText({ type: 'count' }, '1.5')).toBe('1.5');
  });
  it('stand with what is over first, and only those that are wanted', () => {
    const form = (name: string, more: Partial<FormState>): FormState => ({ form: name, title: name, recipient: '', note: '', audience: 'authority', stage: 'first', stage_title: '', applies: true, half: 'all', missing: 0, deadlines: [], ...more });
    const due = (days_left: number, state: FormState['deadlines'][number]['state'] = 'open') => ({ stage: 'first', stage_title: '', state, prompt: false, from: '', latest: null, days_left, words: '' });
    expect(wanted([form('none', {}), form('late', { deadlines: [due(-2, 'over')] }), form('sent', { deadlines: [due(-9, 'sent')] }), form('other', { applies: false }), form('soon', { deadlines: [due(3)] })]).map((f) => f.form)).toEqual(['late', 'soon', 'none', 'sent']);
    expect(lacking(form('a', { items: [{ kind: 'field', path: 'damage.machines', missing: true }, { kind: 'field', path: 'damage.title' }] }), fields).map((f) => f.path)).toEqual(['damage.machines']);
    const late = { id: 'r', version: 1, changed: '', title: '', type: '', forms: [form('late', { deadlines: [due(-2, 'over'), due(9)] }), form('soon', { deadlines: [due(3)] }), form('other', { applies: false, deadlines: [due(-1, 'over')] }), form('sent', { deadlines: [due(-9, 'sent')] })] };
    expect(dueSoon([late]).map((d) => [d.form.form, d.due.days_left])).toEqual([['late', -2], ['soon', 3]]);
    expect(minuteOf(new Date('2026-11-25T15:04:00Z'))).toBe('2026-11-26T00:04');
  });
  it('name whom to tell for a service, and those told of everything', () => {
    const line = (service: string, tell: string) => ({ service, tell, form: '', phone: '', night: '', mail: '', deputy: '', note: '' });
    const lines = [line('受注', 'A'), line('*', 'B'), line(' Web ', 'C'), line('受注', 'D')];
    expect(servicesOf(lines)).toEqual(['受注', 'Web']);
    expect(tellFor(lines, ['web ']).map((l) => l.tell)).toEqual(['B', 'C']);
    expect(tellFor(lines, ['受注']).map((l) => l.tell)).toEqual(['A', 'B', 'D']);
    expect(hoursOf(' 72、24, x')).toEqual([72, 24, 'x']);
    expect(hoursOf('')).toEqual([]);
    expect(hoursText([72, 24])).toBe('72, 24');
  });
});

describe('the tree and what goes down it', () => {
  const name = (org: string) => org;
  it('stands from above, each with all below it', () => {
    const nodes = [{ org: 'op', stage: 'operator', parent: 'sec' }, { org: 'min', stage: 'ministry', parent: '' }, { org: 'sec', stage: 'secretariat', parent: 'min' }, { org: 'op2', stage: 'operator', parent: 'sec' }] as const;
    const tree = branches([...nodes], name);
    expect(tree.map((b) => [b.org, b.count])).toEqual([['min', 3]]);
    expect(tree[0]?.children[0]?.children.map((b) => b.org)).toEqual(['op', 'op2']);
  });
  it('loses nobody whose parent is gone, and ends where two stand below each other', () => {
    expect(branches([{ org: 'a', stage: 'operator', parent: 'gone' }], name).map((b) => b.org)).toEqual(['a']);
    expect(branches([{ org: 'a', stage: 'operator', parent: 'b' }, { org: 'b', stage: 'operator', parent: 'a' }], name)).toEqual([]);
  });
  it('has one state, the last word first', () => {
    const of = (state: Flow['state'], over = false, stopped = false) => flowState({ state, over, stopped: stopped ? { time: '', who: '' } : null });
    expect([of('draft'), of('approved'), of('approved', true), of('approved', true, true), of('refused', true), of('withdrawn', true), of('corrected', true)])
      .toEqual(['draft', 'going', 'over', 'stopped', 'refused', 'withdrawn', 'withdrawn']);
  });
  it('is counted over its stages', () => {
    const stage = { stage: 'operator', nodes: 4, sent: 3, delivered: 2, seen: 1, acknowledged: 1, failed: { bounced: 1, 'not-reached': 1 } } as const;
    expect(flowSum({ stages: [stage, { ...stage, failed: {} }] } as unknown as Flow)).toEqual({ nodes: 8, sent: 6, delivered: 4, acknowledged: 2, waits: 1 });
  });
  it('shows contacts to correct until a later drill shows them right', () => {
    const nodes = [{ org: 'sec', stage: 'secretariat', parent: '' }, { org: 'op', stage: 'operator', parent: 'sec' }] as const;
    const flow = (number: string, more: Partial<Flow>): Flow => ({ number, branch: null, corrections: [], stages: [{ stage: 'operator', nodes: 2, sent: 2, delivered: 1, seen: 0, acknowledged: 0, failed: {} }], ...more } as unknown as Flow);
    const wrong = (org: string) => [{ org, stage: 'operator' as const, cause: 'bounced', text: '' }];
    const of = (...all: Flow[]) => openCorrections(all, [...nodes]).map((c) => [c.org, c.number]);
    expect(of(flow('2', { branch: 'sec' }), flow('1', { corrections: wrong('op') }))).toEqual([]);
    expect(of(flow('2', { branch: 'op', corrections: wrong('op') }), flow('1', { corrections: wrong('op') }))).toEqual([['op', '2']]);
    const stopped = [{ stage: 'operator' as const, nodes: 2, sent: 1, delivered: 1, seen: 0, acknowledged: 0, failed: { 'not-reached': 1 } }];
    expect(of(flow('2', { stages: stopped }), flow('1', { corrections: wrong('op') }))).toEqual([['op', '1']]);
    expect(of(flow('2', { branch: 'sec' }), flow('1', { corrections: wrong('other') }))).toEqual([['other', '1']]);
  });
  it('tells indicators by their look, and makes none of what is none', () => {
    expect(['hxxps://evil[.]example/a', '203.0.113[.]9', '2001:db8::1', '198.51.100.0/24', 'EVIL[dot]example.net', 'd41d8cd98f00b204e9800998ecf8427e'].map((line) => indicatorOf(line)))
      .toEqual([{ type: 'url', value: 'https://evil.example/a' }, { type: 'address', value: '203.0.113.9' }, { type: 'address', value: '2001:db8::1' }, { type: 'address', value: '198.51.100.0/24' }, { type: 'domain', value: 'evil.example.net' }, { type: 'hash', value: 'd41d8cd98f00b204e9800998ecf8427e' }]);
    expect(['', 'これは', 'evil', 'a@b.example', 'abcdef', 'C:\\a.exe', '1.2.3', 'evil .example'].map((line) => indicatorOf(line))).toEqual([null, null, null, null, null, null, null, null]);
  });
  it('reads tables as office programs write them', () => {
    const bytes = (...all: number[]) => new Uint8Array(all).buffer;
    expect(tableText(bytes(0xe7, 0xb7, 0x8f, 0x0a))).toBe('総\n');
    expect(tableText(bytes(0x91, 0x8d, 0x96, 0xb1, 0x0a))).toBe('総務\n');
    expect(tableText(bytes(0xff, 0xfe, 0xcf, 0x7d))).toBe('\ufeff総'.replace('\ufeff', ''));
    expect(tableText(bytes())).toBe('');
  });
});
