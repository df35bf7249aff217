// SPDX-License-Identifier: Apache-2.0
// Counts in words. There is no total figure, no percentage and no rank: only what lies where.
import type { Counts, Line, State } from '../types';

/** How a criterion stands, declared and shown by evidence kept apart. */
export type Standing = 'evidenced' | 'declared' | 'partly' | 'not_met' | 'na' | 'open';

export const STANDINGS: readonly Standing[] = ['evidenced', 'declared', 'partly', 'not_met', 'na', 'open'];

export function standing(line: Pick<Line, 'state' | 'observed' | 'stale'> & { evidence: number }): Standing {
  if (line.state !== 'met') return line.state;
  const shown = (line.evidence > 0 && !line.stale) || line.observed === 'supports';
  return shown ? 'evidenced' : 'declared';
}

export function standingCounts(counts: Counts): Record<Standing, number> {
  return {
    evidenced: counts.with_evidence,
    declared: Math.max(0, counts.met - counts.with_evidence),
    partly: counts.partly,
    not_met: counts.not_met,
    na: counts.na,
    open: counts.open,
  };
}

export interface Filters {
  state: State | '';
  observed: string;
  confirmation: string;
  text: string;
}

export function isWanted(line: Line, filters: Filters): boolean {
  if (filters.state && line.state !== filters.state) return false;
  if (filters.observed && line.observed !== filters.observed) return false;
  if (filters.confirmation && (line.confirmation ?? 'none') !== filters.confirmation) return false;
  const words = filters.text.normalize('NFKC').toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${line.id} ${line.title}`.normalize('NFKC').toLowerCase();
  return words.every((word) => text.includes(word));
}

/** Widths of a bar's parts that add up to `width`, none that stands for something below `least`. */
export function barWidths(values: number[], width: number, least: number): number[] {
  const sum = values.reduce((a, b) => a + b, 0);
  if (sum === 0) return values.map(() => 0);
  const isSmall = values.map((v) => v > 0 && (v / sum) * width < least);
  const taken = isSmall.filter(Boolean).length * least;
  const rest = values.reduce((a, v, i) => a + (isSmall[i] ? 0 : v), 0);
  return values.map((v, i) => (v === 0 ? 0 : isSmall[i] ? least : (v / rest) * (width - taken)));
}
