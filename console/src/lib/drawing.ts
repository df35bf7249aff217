// SPDX-License-Identifier: Apache-2.0
// Where the parts of the scope drawing go: pure geometry, no DOM, so that a test can hold it.
import type { Scope } from '../types';

export interface Box { x: number; y: number; w: number; h: number }
export interface Card extends Box { kind: CardKind; title: string[]; note: string[] }
export type CardKind = 'companies' | 'sites' | 'networks' | 'clouds' | 'out';
export interface Row { kind: CardKind; y: number; h: number }
export interface Touch { x1: number; y1: number; x2: number; y2: number; label: string[]; lx: number; ly: number; anchor: 'middle' | 'start' }
export interface Drawing { width: number; height: number; inside: Box; outside: Box | null; rows: Row[]; cards: Card[]; touches: Touch[] }

const FONT = 14;
const SMALL = 12;
const LINE = 20;
const PAD = 12;
const GAP = 12;
const HEAD = 40; // the heading of a frame
const LABEL = 26; // the heading of a row
const CHARS_MAX = 400; // of one text that is drawn

/** Width of a text in em: wide letters count one, others a bit over half. */
export function textWidth(text: string): number {
  let sum = 0;
  for (const letter of text) sum += (letter.codePointAt(0) ?? 0) > 0x2e7f || /[「」、。・ー★☆]/.test(letter) ? 1 : 0.58;
  return sum;
}

/** Break at spaces where there are some, else anywhere; at most `max` lines, the last cut with "…". */
export function wrapText(text: string, width: number, size: number, max: number): string[] {
  const room = width / size;
  const lines: string[] = [];
  let line = '';
  const words = text.slice(0, CHARS_MAX).match(/[\u0021-\u2e7f]+|\s+|./gu) ?? [];
  for (let word of words) {
    if (textWidth(line + word.trimEnd()) > room && line) {
      lines.push(line.trimEnd());
      line = '';
      word = word.trimStart();
    }
    while (textWidth(word) > room) {
      let cut = 1;
      while (cut < word.length && textWidth(word.slice(0, cut + 1)) <= room) cut++;
      lines.push(word.slice(0, cut));
      word = word.slice(cut);
    }
    line += word;
  }
  if (line.trim()) lines.push(line.trimEnd());
  if (lines.length <= max) return lines;
  const last = lines[max - 1] as string;
  return [...lines.slice(0, max - 1), `${last.slice(0, Math.max(1, last.length - 1))}…`];
}

function card(kind: CardKind, title: string, note: string, w: number): Card {
  const icon = 26;
  const lines = { title: wrapText(title, w - 2 * PAD - icon, FONT, 2), note: note ? wrapText(note, w - 2 * PAD, SMALL, 3) : [] };
  const h = 2 * PAD + lines.title.length * LINE + (lines.note.length ? 4 + lines.note.length * 17 : 0);
  return { kind, ...lines, x: 0, y: 0, w, h };
}

export interface DrawWords { people: (n: number) => string }

export function drawScope(scope: Scope, width: number, words: DrawWords): Drawing {
  const isNarrow = width < 620;
  const outW = scope.out.length === 0 ? 0 : isNarrow ? width : Math.max(200, Math.min(280, width * 0.28));
  const between = scope.out.length === 0 || isNarrow ? 0 : Math.max(110, Math.min(170, width * 0.16));
  const inside: Box = { x: 1, y: 1, w: (isNarrow ? width : width - outW - between) - 2, h: 0 };
  const cards: Card[] = [];
  const rows: Row[] = [];
  const columns = Math.max(1, Math.min(3, Math.floor((inside.w - 2 * PAD + GAP) / (170 + GAP))));
  const cardW = (inside.w - 2 * PAD - (columns - 1) * GAP) / columns;
  const kinds: [CardKind, [string, string][]][] = [
    ['companies', scope.companies.map((c) => [c.name, c.note])],
    ['sites', scope.sites.map((s) => [s.name, [s.people ? words.people(s.people) : '', s.note].filter(Boolean).join(' · ')])],
    ['networks', scope.networks.map((n) => [n.name, n.note])],
    ['clouds', scope.clouds.map((c) => [c.name, [c.use, c.note].filter(Boolean).join(' · ')])],
  ];
  let y = inside.y + HEAD;
  for (const [kind, items] of kinds) {
    if (items.length === 0) continue;
    const top = y;
    y += LABEL;
    for (let i = 0; i < items.length; i += columns) {
      const row = items.slice(i, i + columns).map(([name, note]) => card(kind, name, note, cardW));
      const h = Math.max(...row.map((c) => c.h));
      row.forEach((c, k) => cards.push({ ...c, x: inside.x + PAD + k * (cardW + GAP), y, h }));
      y += h + GAP;
    }
    rows.push({ kind, y: top, h: y - top });
  }
  inside.h = Math.max(y - inside.y + PAD - GAP / 2, HEAD + 60);
  let height = inside.y + inside.h + 1;
  let outside: Box | null = null;
  const touches: Touch[] = [];
  if (scope.out.length > 0) {
    outside = isNarrow
      ? { x: 1, y: inside.y + inside.h + 56, w: width - 2, h: 0 }
      : { x: width - outW, y: 1, w: outW - 1, h: 0 };
    let oy = outside.y + HEAD;
    for (const out of scope.out) {
      const c = card('out', out.name, out.why, outside.w - 2 * PAD);
      const label = out.touches && !isNarrow ? wrapText(out.touches, between - 24, SMALL, 3) : [];
      c.h = Math.max(c.h, label.length * 16 + 34);
      if (isNarrow && out.touches) {
        const more = wrapText(`⇄ ${out.touches}`, c.w - 2 * PAD, SMALL, 3);
        c.note = [...c.note, ...more];
        c.h += more.length * 17 + (c.note.length === more.length ? 4 : 0);
      }
      Object.assign(c, { x: outside.x + PAD, y: oy });
      cards.push(c);
      if (out.touches && !isNarrow) {
        const my = oy + c.h - 14;
        const left = inside.x + inside.w;
        touches.push({ x1: left, y1: my, x2: c.x, y2: my, label, lx: (left + outside.x) / 2, ly: my - 8 - (label.length - 1) * 16, anchor: 'middle' });
      }
      oy += c.h + GAP;
    }
    outside.h = oy - outside.y + PAD - GAP / 2;
    if (isNarrow && scope.out.some((o) => o.touches)) {
      const x = width / 2;
      touches.push({ x1: x, y1: inside.y + inside.h, x2: x, y2: outside.y, label: [], lx: x + 12, ly: outside.y - 22, anchor: 'start' });
    }
    height = Math.max(height, outside.y + outside.h + 1);
    if (!isNarrow) inside.h = Math.max(inside.h, outside.h);
    height = Math.max(height, inside.y + inside.h + 1);
  }
  return { width, height, inside, outside, rows, cards, touches };
}
