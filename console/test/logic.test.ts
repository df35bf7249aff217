// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { answerBody, chosen, draftFaults, draftOf, isAsked, reduceDraft, sameDraft, type Draft } from '../src/lib/answer';
import { corporateCheckDigit, corporateDigits, corporateFault } from '../src/lib/corporate';
import { barWidths, isWanted, standing, standingCounts } from '../src/lib/counts';
import { drawScope, textWidth, wrapText } from '../src/lib/drawing';
import { addDays, addMonths, daysBetween, formatDay, formatSize, formatTime, isDay, periodParts, setTimeZone, timeZone, today, todayThere } from '../src/lib/format';
import { parseRoute, to } from '../src/lib/route';
import type { Counts, Criterion, Line, Scope } from '../src/types';

describe('法人番号', () => {
  it('takes the numbers of the tax agency and of others', () => {
    expect(corporateFault('7000012050002')).toBeNull();
    expect(corporateFault('4000012090001')).toBeNull(); // METI
  });
  it('takes full-width digits and separators', () => {
    expect(corporateDigits('７０００ ０１２０-５０００２')).toBe('7000012050002');
    expect(corporateFault('7-0000-1205-0002')).toBeNull();
  });
  it('finds every single wrong digit of a number', () => {
    const good = '7000012050002';
    for (let i = 0; i < 13; i++) {
      for (let d = 0; d < 10; d++) {
        const other = good.slice(0, i) + d + good.slice(i + 1);
        // Nine and nought weigh the same modulo nine: that one pair cannot be told apart.
        const isPair = i > 0 && Math.abs(Number(good[i]) - d) === 9;
        if (other !== good && !isPair) expect(corporateFault(other), other).toBe('check');
      }
    }
  });
  it('says when the form is wrong', () => {
    for (const text of ['', '123', '70000120500021', '700001205000x']) expect(corporateFault(text)).toBe('form');
  });
  it('never needs a check digit of nought', () => {
    for (let n = 0; n < 5000; n++) {
      const digit = corporateCheckDigit(String(n * 199999).padStart(12, '0').slice(0, 12));
      expect(digit >= 1 && digit <= 9).toBe(true);
    }
  });
});

describe('days', () => {
  it('reads only days that exist', () => {
    expect(isDay('2028-02-29')).toBe(true);
    for (const text of ['2026-02-29', '2026-13-01', '2026-1-1', '', '2026-11-25T00:00:00Z']) expect(isDay(text)).toBe(false);
  });
  it('counts and adds', () => {
    expect(daysBetween('2026-11-25', '2027-03-31')).toBe(126);
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
    expect(addMonths('2026-11-30', 3)).toBe('2027-02-28');
    expect(addMonths('2026-01-15', -2)).toBe('2025-11-15');
    expect(today(new Date(2026, 2, 5, 23, 59))).toBe('2026-03-05');
  });
  it('is written as people read it', () => {
    expect(formatDay('2026-03-05', 'ja')).toBe('2026年3月5日');
    expect(formatDay('2026-03-05', 'en')).toBe('5 Mar 2026');
    expect(formatDay(null, 'ja')).toBe('');
    expect(formatTime('no time', 'ja')).toBe('no time');
    setTimeZone('Asia/Tokyo');
    expect(formatTime('2026-10-31T15:00:00Z', 'ja')).toBe('2026/11/01 00:00 JST');
    expect(formatTime('2026-10-31T14:59:59Z', 'en')).toMatch(/^31 Oct 2026, 23:59 (JST|GMT\+9)$/);
    expect(todayThere(new Date('2026-12-31T15:00:00Z'))).toBe('2027-01-01');
    expect(todayThere(new Date('2028-02-28T15:00:00Z'))).toBe('2028-02-29');
    setTimeZone('America/New_York');
    expect(formatTime('2026-03-08T07:00:00Z', 'en')).toMatch(/03:00 (EDT|GMT-4)$/);
    setTimeZone('no/zone');
    expect(timeZone()).toBe(undefined);
    setTimeZone(undefined);
    expect(formatTime('2026-11-25T13:57:22.523837366Z', 'en')).toMatch(/2026/);
    expect(formatSize(900)).toBe('900 B');
    expect(formatSize(8 * 1024 * 1024)).toBe('8.0 MB');
  });
  it('reads periods of one unit', () => {
    expect(periodParts('P1Y')).toEqual({ n: 1, unit: 'years' });
    expect(periodParts('P2W')).toEqual({ n: 14, unit: 'days' });
    for (const text of ['P1Y6M', '', null, 'PT1H']) expect(periodParts(text)).toBeNull();
  });
});

const criterion = (over: Partial<Criterion> = {}): Criterion => ({
  id: 'q1', answers: [{ id: 'met', name: '' }, { id: 'na', name: '' }, { id: 'open', name: '' }], answer: null, questions: [], evidence: [], ...over,
} as Criterion);

describe('the answer form', () => {
  const empty: Draft = { choice: '', reason: '', note: '', by: '', date: '2026-11-25', choices: {} };
  it('starts with who and today, or with what is stored', () => {
    expect(draftOf(criterion(), '山田', '2026-11-25')).toEqual({ ...empty, by: '山田' });
    const stored = draftOf(criterion({ answer: { state: 'met', value: null, reason: '', note: 'n', by: '佐藤', date: '2026-01-01', evidence: [], choices: {}, revision: 2 } }), '山田', '2026-11-25');
    expect([stored.choice, stored.by, stored.date, stored.note]).toEqual(['met', '佐藤', '2026-01-01', 'n']);
  });
  it('knows values of a framework’s own set', () => {
    const answers = [{ id: 'done' }, { id: 'not-done' }];
    expect(chosen({ state: 'met', value: 'done', reason: '', note: '', by: '', date: '', evidence: [], choices: {}, revision: 1 }, answers)).toBe('done');
    expect(answerBody({ ...empty, choice: 'done' })).toMatchObject({ state: 'done', value: 'done' });
    expect(answerBody({ ...empty, choice: 'met' })).not.toHaveProperty('value');
    expect(answerBody({ ...empty, choice: 'met' })).not.toHaveProperty('evidence'); // attached ones stay
  });
  it('says what is missing before anything is sent', () => {
    expect(draftFaults(empty, '2026-11-25', false)).toEqual({ choice: 'needed', by: 'needed' });
    expect(draftFaults({ ...empty, by: 'x', choice: 'na' }, '2026-11-25', false)).toEqual({ reason: 'needed' });
    expect(draftFaults({ ...empty, by: 'x', choice: 'met', date: '2026-11-26' }, '2026-11-25', false)).toEqual({ date: 'future' });
    expect(draftFaults({ ...empty, by: 'x' }, '2026-11-25', true)).toEqual({});
  });
  it('changes one thing at a time and knows when it is as before', () => {
    const a = reduceDraft(empty, { do: 'choose', choice: 'met' });
    expect(sameDraft(a, empty)).toBe(false);
    expect(sameDraft(reduceDraft(a, { do: 'reset', to: empty }), empty)).toBe(true);
    expect(sameDraft(reduceDraft(empty, { do: 'question', urn: 'q', values: [] }), empty)).toBe(true);
    expect(reduceDraft(empty, { do: 'text', field: 'note', value: 'x' }).note).toBe('x');
  });
  it('asks a question only where its condition holds', () => {
    const q = { urn: 'b', kind: 'one' as const, text: '', choices: [], depends_on: { urn: 'a', answers: ['1', '2'], all: false } };
    expect(isAsked(q, {})).toBe(false);
    expect(isAsked(q, { a: ['2'] })).toBe(true);
    expect(isAsked({ ...q, depends_on: { ...q.depends_on, all: true } }, { a: ['2'] })).toBe(false);
    expect(isAsked({ ...q, depends_on: null }, {})).toBe(true);
  });
});

const line = (over: Partial<Line> = {}): Line => ({
  id: '4-4-4-2', requirement: '4-4-4', group: '4-4-4', title: '更新を期限内に', state: 'met', value: null, observed: 'none', evidence: 0, stale: false, confirmation: null, by: null, date: null, effect: 1, effort: 1, review_due: null, revision: 1, ...over,
});

describe('counts', () => {
  it('keeps declared and shown apart', () => {
    expect(standing(line())).toBe('declared');
    expect(standing(line({ evidence: 1 }))).toBe('evidenced');
    expect(standing(line({ evidence: 1, stale: true }))).toBe('declared');
    expect(standing(line({ observed: 'supports' }))).toBe('evidenced');
    expect(standing(line({ state: 'open', evidence: 3 }))).toBe('open');
  });
  it('adds up to the criteria there are', () => {
    const counts = { criteria: 81, met: 75, with_evidence: 30, declared_alone: 45, partly: 0, not_met: 0, na: 0, open: 6 } as Counts;
    const by = standingCounts(counts);
    expect(by).toMatchObject({ evidenced: 30, declared: 45, open: 6 });
    expect(Object.values(by).reduce((a, b) => a + b)).toBe(81);
  });
  it('filters by state, observation, confirmation and words of either width', () => {
    const nothing = { state: '' as const, observed: '', confirmation: '', text: '' };
    expect(isWanted(line(), nothing)).toBe(true);
    expect(isWanted(line(), { ...nothing, state: 'open' })).toBe(false);
    expect(isWanted(line(), { ...nothing, confirmation: 'none' })).toBe(true);
    expect(isWanted(line(), { ...nothing, text: '４-４-４ 期限' })).toBe(true);
    expect(isWanted(line(), { ...nothing, text: '期限 無い' })).toBe(false);
  });
  it('draws bars that fill their width and hide nothing', () => {
    for (const values of [[1, 80, 0], [27, 27, 27], [0, 0, 0], [1, 1, 150]]) {
      const widths = barWidths(values, 1000, 14);
      const sum = widths.reduce((a, b) => a + b, 0);
      if (values.some((v) => v > 0)) expect(sum).toBeCloseTo(1000, 6);
      values.forEach((v, i) => expect(v > 0 ? (widths[i] as number) >= 14 : widths[i] === 0).toBe(true));
    }
  });
});

describe('addresses', () => {
  it('round-trip, also for ids with dots and slashes', () => {
    for (const id of ['4-4-4-2', 'PR.AA-01', 'a/b c', '日本']) expect(parseRoute(to('x1', 'criteria', id))).toMatchObject({ assessment: 'x1', page: 'criteria', item: id });
    expect(parseRoute('')).toMatchObject({ page: 'start', assessment: null });
    expect(parseRoute(to('x', 'criteria', undefined, { state: 'open', observed: '' })).query.get('state')).toBe('open');
    for (const hash of ['#/b', '#/a', '#/a/x/nowhere', '#/a/x/scope/y', '#/a/x/criteria/y/z']) expect(parseRoute(hash).page).toBe('unknown');
    expect(parseRoute('#/a/%E0%A4%A/criteria').assessment).toBe('%E0%A4%A');
  });
});

describe('the scope drawing', () => {
  const scope: Scope = {
    revision: 1, date: '2026-11-25', note: '',
    companies: [{ name: '株式会社みなと精工', note: '' }],
    sites: Array.from({ length: 5 }, (_, i) => ({ name: `拠点 ${i} とても長い名前の営業所とその別館`, people: 10, note: '' })),
    networks: [{ name: 'LAN', note: '' }], clouds: [],
    out: [{ name: '制御システム', why: '製造の制御', touches: '受渡し用のパソコン' }, { name: '製品', why: '', touches: '' }],
  };
  for (const width of [256, 500, 800, 1200]) {
    it(`keeps every card in its frame and apart from others at ${width} px`, () => {
      const d = drawScope(scope, width, { people: (n) => `${n}人` });
      expect(d.cards).toHaveLength(9);
      for (const card of d.cards) {
        const frame = card.kind === 'out' ? d.outside : d.inside;
        if (!frame) throw new Error('no frame');
        expect(card.x >= frame.x && card.x + card.w <= frame.x + frame.w + 1 && card.y >= frame.y && card.y + card.h <= frame.y + frame.h).toBe(true);
        for (const other of d.cards) {
          if (other !== card) expect(card.x + card.w <= other.x || other.x + other.w <= card.x || card.y + card.h <= other.y || other.y + other.h <= card.y).toBe(true);
        }
      }
      expect(d.inside.x + d.inside.w).toBeLessThanOrEqual(width);
      expect(d.touches).toHaveLength(1); // only what touches has a line
    });
  }
  it('wraps by width, cuts with a sign, and ends on hostile texts', () => {
    expect(textWidth('あa')).toBeCloseTo(1.58);
    expect(wrapText('あいうえお', 30, 10, 9)).toEqual(['あいう', 'えお']);
    expect(wrapText('あいうえおかきくけこ', 30, 10, 2)).toEqual(['あいう', 'えお…']);
    expect(wrapText('x'.repeat(5000), 50, 10, 3)).toHaveLength(3);
    expect(wrapText('', 30, 10, 2)).toEqual([]);
  });
});
