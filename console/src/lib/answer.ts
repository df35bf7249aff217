// SPDX-License-Identifier: Apache-2.0
// The answer form's state: what a person has typed, apart from what is stored.
import type { Answer, Criterion, Day, Question, State } from '../types';
import { isDay } from './format';

export interface Draft {
  choice: string; // an id of the criterion's `answers`, or '' before one is chosen
  reason: string;
  note: string;
  by: string;
  date: Day;
  choices: Record<string, string[]>;
}

export type DraftAction =
  | { do: 'reset'; to: Draft }
  | { do: 'choose'; choice: string }
  | { do: 'text'; field: 'reason' | 'note' | 'by' | 'date'; value: string }
  | { do: 'question'; urn: string; values: string[] };

/** The id of the choice an answer stands for: a value of the framework's own set, else the state. */
export function chosen(answer: Answer | null, answers: { id: string }[]): string {
  if (!answer) return '';
  const value = answer.value === null || answer.value === undefined ? '' : String(answer.value);
  if (value && answers.some((a) => a.id === value)) return value;
  return answers.some((a) => a.id === answer.state) ? answer.state : '';
}

export function draftOf(criterion: Criterion, by: string, day: Day): Draft {
  const answer = criterion.answer;
  const isOpen = !answer || answer.state === 'open';
  return {
    choice: isOpen ? '' : chosen(answer, criterion.answers),
    reason: answer?.reason ?? '',
    note: answer?.note ?? '',
    by: isOpen ? by : answer.by,
    date: isOpen ? day : answer.date,
    choices: answer?.choices ?? {},
  };
}

export function reduceDraft(draft: Draft, action: DraftAction): Draft {
  switch (action.do) {
    case 'reset': return action.to;
    case 'choose': return { ...draft, choice: action.choice };
    case 'text': return { ...draft, [action.field]: action.value };
    case 'question': return { ...draft, choices: { ...draft.choices, [action.urn]: action.values } };
  }
}

export function sameDraft(a: Draft, b: Draft): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

function canonical(draft: Draft): unknown {
  const choices = Object.entries(draft.choices)
    .filter(([, values]) => values.length > 0)
    .sort(([x], [y]) => (x < y ? -1 : 1));
  return [draft.choice, draft.reason, draft.note, draft.by, draft.date, choices];
}

export interface DraftFaults { choice?: 'needed'; reason?: 'needed'; by?: 'needed'; date?: 'form' | 'future' }

/** What keeps a draft from being saved; empty when nothing does. */
export function draftFaults(draft: Draft, day: Day, hasQuestions: boolean): DraftFaults {
  const faults: DraftFaults = {};
  if (!draft.choice && !hasQuestions) faults.choice = 'needed';
  if (draft.choice === 'na' && !draft.reason.trim()) faults.reason = 'needed';
  if (!draft.by.trim()) faults.by = 'needed';
  if (!isDay(draft.date)) faults.date = 'form';
  else if (draft.date > day) faults.date = 'future';
  return faults;
}

/** Is a question asked, given the answers to those it depends on? */
export function isAsked(question: Question, choices: Record<string, string[]>): boolean {
  const rule = question.depends_on;
  if (!rule) return true;
  const given = choices[rule.urn] ?? [];
  return rule.all ? rule.answers.every((a) => given.includes(a)) : rule.answers.some((a) => given.includes(a));
}

const STATES: readonly State[] = ['met', 'partly', 'not_met', 'na', 'open'];

/**
 * The body of PUT …/answer. A value of the framework's own set goes as `value`. Evidence is left out:
 * the server keeps what is attached, also what was attached since this page was loaded.
 */
export function answerBody(draft: Draft): Record<string, unknown> {
  const isState = (STATES as readonly string[]).includes(draft.choice);
  const body: Record<string, unknown> = {
    reason: draft.reason.trim(), note: draft.note.trim(), by: draft.by.trim(), date: draft.date,
    choices: draft.choices,
  };
  if (draft.choice) body.state = draft.choice;
  if (draft.choice && !isState) body.value = draft.choice;
  return body;
}
