// SPDX-License-Identifier: Apache-2.0
// The objects of docs/api.md as the pages read them. Keys the pages do not use are left out; keys
// they do not know are skipped.

export type Day = string; // "2026-11-25"
export type State = 'met' | 'partly' | 'not_met' | 'na' | 'open';
export type Observed = 'none' | 'supports' | 'contradicts' | 'stale';
export type ConfirmationMark = 'confirmed' | 'returned' | 'void';
export type LevelState = 'practice' | 'not reached' | 'reached';

export interface Session {
  actor: string;
  role: string;
  organisation: string;
  version: string;
  acting_as: string | null;
  may: Record<string, boolean>;
}

export interface Level { id: string; name: string; criteria: number }

export interface Framework {
  name: string;
  urn: string;
  title: string;
  description: string;
  wording: 'complete' | 'import';
  levels: Level[];
  shipped: boolean;
  publication_date?: Day | null;
  publisher_page?: string | null;
}

export interface Organisation { name: string; corporate_number?: string | null }

export interface Counts {
  criteria: number;
  met: number;
  partly: number;
  not_met: number;
  na: number;
  open: number;
  supported: number;
  contradicted: number;
  stale: number;
  with_evidence: number;
  declared_alone: number;
  confirmed: number;
  returned: number;
}

export interface OfficialFile { sha256: string; file_name: string; date: Day; missing: string[] }

export interface Head {
  id: string;
  framework: { name: string; urn: string; title: string };
  level: { id: string; name: string };
  organisation: Organisation;
  practice: boolean;
  official: OfficialFile | null;
  counts: Counts;
  level_state: LevelState;
  level_text: string;
  scope_ready: boolean;
  review: 'none' | 'expert' | 'third-party';
  created: string;
  revision: number;
  publisher_page?: string | null;
  moved?: string[];
  not_moved?: string[];
}

export interface ScopeCompany { name: string; note: string }
export interface ScopeSite { name: string; people: number | null; note: string }
export interface ScopeNetwork { name: string; note: string }
export interface ScopeCloud { name: string; use: string; note: string }
export interface ScopeOut { name: string; why: string; touches: string }
export interface Scope {
  revision: number;
  date: Day | null;
  companies: ScopeCompany[];
  sites: ScopeSite[];
  networks: ScopeNetwork[];
  clouds: ScopeCloud[];
  out: ScopeOut[];
  note: string;
}

export interface Line {
  id: string;
  requirement: string;
  group: string;
  title: string;
  requirement_title?: string;
  state: State;
  value: string | number | null;
  observed: Observed;
  evidence: number;
  stale: boolean;
  confirmation: ConfirmationMark | null;
  by: string | null;
  date: Day | null;
  effect: number;
  effort: number;
  review_due: Day | null;
  revision: number;
}

export interface Group {
  id: string;
  title: string;
  asked?: string | null;
  depth: number;
  parent: string | null;
  criteria: number;
  counts: Partial<Counts>;
}

export interface Help {
  asked?: string | null;
  why?: string | null;
  cheap?: string | null;
  example?: string | null;
  proof?: string | null;
  looks_at?: string | null;
  closed_by?: string[];
}

export interface Answer {
  state: State;
  value: string | number | null;
  reason: string;
  note: string;
  by: string;
  date: Day;
  evidence: string[];
  choices: Record<string, string[]>;
  revision: number;
}

export interface Question {
  urn: string;
  kind: 'one' | 'many' | 'text' | 'date' | 'number';
  text: string;
  choices: { urn: string; name: string }[];
  depends_on?: { urn: string; answers: string[]; all: boolean } | null;
}

export type CheckName = 'ok' | 'alarm' | 'na' | 'unknown' | 'error';

export interface EvidenceWanted {
  id: string;
  kind: string;
  name: string;
  strength: string;
  max_age?: string | null;
  status: 'none' | 'live' | 'stale' | 'supports' | 'contradicts';
  checks?: Partial<Record<CheckName, number>> | null;
  rows?: { resource: string; check: CheckName; reason: string }[];
  tables?: string[]; // of a query: the lists it reads
  list_date?: Day | null;
  error?: string;
}

export type EvidenceKind = 'record' | 'import' | 'statement' | 'service' | 'exchange';

export interface Evidence {
  id: string;
  kind: EvidenceKind;
  title: string;
  owner: string;
  date: Day;
  expires: Day | null;
  criteria: string[];
  wanted: Record<string, string>;
  place: string;
  file_name: string | null;
  size: number;
  sha256: string | null;
  note: string;
  state: 'live' | 'expired' | 'changed';
  revision: number;
}

export interface Dispute {
  choice: 'observation_wrong' | 'answer_wrong' | 'open';
  reason: string;
  by?: string;
  date?: Day;
  revision: number;
}

export interface Confirmation {
  decision: 'confirmed' | 'returned';
  advice: string;
  looked_at: string;
  how: string;
  date: Day;
  expert: { id: string; name: string; qualification: string; registration: string };
  basis: string;
  state: 'valid' | 'void' | 'expired';
  revision: number;
}

export interface Criterion extends Omit<Line, 'evidence' | 'confirmation'> {
  official_text: string | null;
  needs_import: boolean;
  publisher_page?: string | null;
  help: Help;
  answer: Answer | null;
  answers: { id: string; name: string }[];
  questions: Question[];
  evidence_wanted: EvidenceWanted[];
  evidence: Evidence[];
  refs: { column: string; items: string[] }[];
  dispute: Dispute | null;
  confirmation: Confirmation | null;
  history: { time: string; actor: string; from: string | null; to: string | null; reason?: string | null }[];
  previous: string | null;
  next: string | null;
  basis: string;
}

export interface FactTable {
  table: string;
  rows: number;
  date: Day | null;
  source: string | null;
  title?: string;
  columns: (string | { name: string; title?: string; help?: string; needed?: boolean })[];
  help: string;
}

export interface NextStep {
  id: string;
  title: string;
  state: State;
  effect: number;
  effort: number;
  why?: string | null;
  cheap?: string | null;
  closed_by?: string[];
  reason?: string | null;
}

export interface ContradictionLine extends Line {
  dispute: Dispute | null;
  checks?: Partial<Record<CheckName, number>> | null;
}

export interface Expert {
  id: string;
  role: 'expert' | 'assessor';
  name: string;
  organisation: string;
  qualification: string;
  registration: string;
  registration_expires: Day | null;
  independent: boolean;
  independence_note: string;
  invited: Day | null;
  until: Day | null;
  ended: boolean;
  revision: number;
}

export interface OfficialResult {
  id: string;
  level: string;
  number: string;
  valid_from: Day | null;
  valid_to: Day | null;
  source: string;
  checked_on: Day | null;
  days_left: number | null;
}

export interface Technical {
  id: string;
  title: string;
  date: Day;
  by: string;
  method: string;
  sample: string;
  result: string;
  criteria: string[];
}

export interface Change {
  change: number | string;
  time: string;
  actor: string;
  kind: string;
  key: string;
  criterion?: string | null;
  from?: unknown;
  to?: unknown;
  removed?: boolean;
}

export interface OfficialReply {
  accepted: boolean;
  criteria: number;
  found: number;
  missing: string[];
  unknown: string[];
  sha256: string;
  file_name: string;
  matches_known_digest: boolean;
}

export interface Template { name: string; title: string; file_name: string; criteria: string[] }

export interface List<T> { items: T[]; next?: string }
