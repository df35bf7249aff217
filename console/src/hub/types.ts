// SPDX-License-Identifier: Apache-2.0
// The objects of docs/api-hub.md as the pages read them.
import type { Values } from './reports';

export type Role = 'administrator' | 'analyst' | 'member' | 'provider';
export type State = 'new' | 'check' | 'noise' | 'confirmed' | 'notified' | 'acknowledged' | 'resolved';
export type Severity = 'low' | 'medium' | 'high' | 'critical';
export type Level = 'informational' | Severity;
export type Outcome = 'unknown' | 'attempt' | 'possible';
export type Certainty = 'machine' | 'analyst' | 'confirmed';
export type Time = string;

export interface HubSession {
  kind: 'person' | 'token' | 'local';
  name: string;
  person: { id: string; login: string; name: string; state: string; second_factor: boolean; recovery_codes_left: number } | null;
  grants: { role: Role; org: string }[];
  second_factor_given: boolean;
  local: boolean;
  version: string;
  /** Whose days and hours the hub's people mean. */
  time_zone: string;
}

export interface Org { id: string; name: string; corporate_number: string | null; added: Time; closed: Time | null }

export interface Part { org: string; alerts: number; findings: number; removed: number; level: Level; outcome: Outcome; first: Time; last: Time }

export interface Situation {
  id: string;
  state: State;
  first: Time;
  last: Time;
  alerts: number;
  findings: number;
  removed: number;
  logs: number;
  sources: number;
  level: Level;
  outcome: Outcome;
  severity: Severity;
  severity_why: string;
  urgency: 'later' | 'today' | 'now';
  urgency_why: string;
  tie: 'single' | 'address' | 'entity' | 'indicator' | 'pattern' | 'people';
  key: string | null;
  reason: string;
  certainty: Certainty;
  certainty_source: string | null;
  certainty_time: Time | null;
  // Analysts see these too.
  number?: number;
  change?: number;
  organisations?: number;
  assignee?: string | null;
  opened?: Time;
  state_since?: Time;
  due?: Time | null;
  merged_into?: number | null;
  parts?: Part[];
}

export interface Alert {
  finding: string;
  org: string;
  rule: string;
  title: string;
  title_ja: string | null;
  log: string;
  actor: string | null;
  target: string | null;
  level: Level;
  outcome: Outcome;
  count: number;
  first: Time;
  last: Time;
  removed_by: string | null;
  removed_why: string | null;
  judged: 'noise' | 'confirmed' | null;
  judged_by: string | null;
  judged_at: Time | null;
}

export interface SituationEvent { what: string; time: Time; actor: string; from: string | null; to: string | null; other: number | null; due: Time | null; text: string | null }

export interface Finding { id: string; org: string; rule: string; reason: string | null; title: string; title_ja: string | null; held_by: 'hub' | 'member'; outcome: Outcome }

export interface Records { items: { position: string; record: { raw?: string; format?: string; fields?: Record<string, unknown> } }[]; missing?: number }

export interface FunnelDay {
  day: string;
  date: string;
  records: number;
  findings: number;
  alerts: number;
  removed: Record<string, { findings: number; alerts: number }>;
  findings_after_noise: number;
  alerts_after_noise: number;
  situations: number;
  notices: number;
}

export interface View { id: string; time: Time; actor: string; name: string; org: string; role: Role | 'machine'; what: string; records: number; reason: string }

export interface Consent {
  current: boolean;
  terms: { version: string | null; host: string | null; from: string | null };
  consent: { version: string; host: string; signed_by: string; day: string | null; recorded: Time; withdrawn: boolean } | null;
}

export interface Member {
  org: string; name_ja: string; name_en: string; sector: string; provider: string; contact_mail: string; contact_phone: string;
  deputy_mail: string; deputy_phone: string; hours: string; language: '' | 'ja' | 'en'; verified: string | null; changed: Time | null;
}

export type NameConsent = 'named' | 'anonymous' | 'ask';

export interface Relation {
  supplier: string; buyer: string; consent: NameConsent; confirmed: boolean; by_supplier: Time | null; by_buyer: Time | null;
  analysts_supplier: boolean; analysts_buyer: boolean; analysts: boolean; secret_data: boolean; business_stop: boolean; system_access: boolean;
}

export interface OwnSession { id: string; began: Time; seen: Time; address: string; browser: string; second_factor_given: boolean; this: boolean }

export interface Receipt { time: Time; who: string; how: 'console' | 'mail' | 'webhook' | 'telephone'; text?: string }

export type WarningState = 'ready' | 'waits' | 'needs-consent' | 'needs-approval' | 'refused' | 'released' | 'delivered' | 'seen' | 'acknowledged' | 'acted';

export interface Warning {
  id: string;
  number: string;
  kind: 'victim' | 'warning' | 'indicators' | 'withdrawal' | 'correction' | 'drill';
  refers: string;
  tlp: string;
  pap: string;
  state: WarningState;
  code: string;
  released: Time | null;
  delivered: Receipt | null;
  seen: Receipt | null;
  acknowledged: Receipt | null;
  acted: Receipt | null;
  replaced: string | null;
  text?: string;
  automatic?: boolean | null;
  sightings?: Sightings | null;
  // Analysts see these too.
  plan?: string;
  org?: string;
  rule?: number | null;
  depth?: number | null;
  path?: string[] | null;
  candidates?: number | null;
  named?: boolean;
  refusal?: string | null;
  why_en?: string | null;
  why_ja?: string | null;
  reminded?: Time | null;
  escalated?: Time | null;
  stage?: Stage;
  parent?: string;
  channels?: Record<string, { state: string; time: Time; text: string }>;
  calls?: { time: Time; by: string; result: string; who: string; text: string }[];
}

export interface Sighted { count: number; findings: number; first: Time | null; last: Time | null }

interface Looked { records: number; count: number; from: Time | null; to: Time | null; first: Time | null; last: Time | null; gaps: number }
/** What sensors found in archives of their own, where raw logs do not leave. */
export interface AtHome extends Looked { sensors: number; none: number; items: (Looked & { sensor: string; state: 'done' | 'none' })[] | null }

/** A batch of one of the own sensors, as the hub has it. */
export interface LedgerBatch {
  id: string; time: Time | null; sensor: string; epoch: number; sequence: number; last: number; records: number; dropped: boolean;
  kinds: Record<string, number> | null; sha256: string | null; line: string | null; countersigned: boolean;
}

/** What became of a table, or would. */
export interface Imported {
  taken: boolean; rows: number; added: number; changed: number; same: number; fault_count: number;
  faults: { line: number; column: string; text: string }[];
}

/** A rule whose findings warn at once; in a list as of its last switching, alone as of now. */
export interface AutomaticRule {
  id: string; rule: string; on: boolean; judged: number; noise: number; rate: number | null; by: string; time: Time | null;
  reason: string; warnings: number; may?: boolean;
}

export interface Sightings {
  state: 'given' | 'over';
  indicators: number;
  until: Time | null;
  new: Sighted;
  archive: Sighted;
  looked_back: { state: 'waiting' | 'asks' | 'running' | 'done' | 'none' | 'failed' | 'cancelled'; from: Time | null; to: Time | null; records: number };
  at_home: AtHome | null;
  sensors: { waiting: number; taken: number; refused: number; items: { sensor: string; state: string; detail: string }[] | null };
  more: boolean;
}

/** GET /demo: `demo` false on every hub but a demo's. */
interface Both<T> { ja: T; en: T }
export interface DemoScene { scene: number; title: Both<string>; told: Both<string[]>; views: { login: string; page: string }[] }
export interface Demo { demo: boolean; people: { login: string; name: Both<string> }[]; scenes: DemoScene[] }

export type Answer = 'yes' | 'see' | 'no';

export interface Plan {
  id: string;
  number: string;
  refers: string;
  situation: string;
  victim: string;
  tlp: string;
  made: Time;
  made_by: string;
  state: 'draft' | 'approved' | 'refused' | 'withdrawn' | 'corrected';
  question: { state: 'asked' | Answer; asked: Time; due: Time; overdue?: Time | null; escalated?: Time | null; deputy?: { state: string; time: Time } } | null;
  answer: { answer: Answer; named: boolean; damage: boolean; text: string; time: Time; who: string } | null;
  approved: { time: Time; who: string } | null;
  replaced: string | null;
  reason?: string;
  notice?: unknown;
  recipients?: number;
  states?: Record<string, number>;
}

export interface PlanText { rule: number; agreed: string; outlet: string; audience: string; refusal: string; tlp: string; named: boolean; damage: boolean; copy: unknown; marks: unknown[] | null }

export interface Collection { id: string; title: string; alias: string; reach: 'own' | 'sector' | 'community'; sector: string; default_tlp: string }

export interface Publication {
  id: string;
  root: string;
  plan: string;
  number: string;
  collection: string;
  state: 'waiting' | 'published' | 'withdrawn' | 'refused';
  refusal: string | null;
  objects: number;
  time: Time | null;
}

export interface Feed {
  name: string;
  url: string;
  collection_there: string;
  collection: string;
  state: { running: boolean; last_success: Time | null; last_error: string; error_time: Time | null; objects: number; refused: number; failures: number; next: Time | null } | null;
}

export interface Question { plan: string; number: string; state: 'asked' | Answer; asked: Time; due: Time; answer: Plan['answer']; texts?: PlanText[] }

interface Times { count: number; p50_ms: number | null; p95_ms: number | null }
export interface WarningTimes { warnings: number; notice: Times; read: Times; act: Times }

export type CaseChannel = 'telephone' | 'mail' | 'visit' | 'other';

export interface Case {
  id: string;
  number: string;
  state: 'open' | 'closed';
  channel: CaseChannel;
  org: string | null;
  who: string;
  contact: string | null;
  text: string;
  advice: string | null;
  situation: string | null;
  received: Time;
  made: Time;
  made_by: string;
  changed: Time;
  closed: Time | null;
  outcome: string | null;
  notes: { time: Time; by: string; text: string }[];
  revision?: number;
}
// ---- reports about incidents (docs/forms.md) ----

export type DueState = 'sent' | 'open' | 'today' | 'over' | 'unknown';
export interface FormDue { stage: string; stage_title: string; state: DueState; prompt: boolean; from: string; latest: string | null; days_left: number | null; words: string }
export interface FormItem { kind: 'part' | 'field' | 'paragraph'; path?: string; label?: string; needed?: boolean; missing?: boolean; text?: string }
export interface FormState {
  form: string; title: string; recipient: string; note: string; audience: 'authority' | 'partner' | 'public'; stage: string; stage_title: string;
  applies: boolean; half: 'all' | 'attack'; missing: number; deadlines: FormDue[]; items?: FormItem[];
}
export interface RecordField { path: string; type: string; title: string; help: string; choices: { key: string; title: string }[] }
export interface ReportForms { forms: { form: string; title: string; audience: string }[]; sections: { section: string; title: string; half: string; fields: RecordField[] }[] }
export interface ReportLine { id: string; version: number; changed: Time; title: string; type: string; forms: FormState[] }
export interface Report { id: string; version: number; changed: Time; by: string; record: Values; forms: FormState[]; tell: ReportContact[]; reminders: ReportReminder[] }
export interface ReportContact { service: string; tell: string; form: string; phone: string; night: string; mail: string; deputy: string; note: string }
export interface ReportReminder { day: string; step: 'before' | 'day' | 'over'; hours: number; to: 'contact' | 'deputy' | 'webhook'; made: Time; time?: Time; state: string; forms: { form: string; stage: string }[] }
export interface ReportTimes { before_hours: number[]; on_day: boolean; over: boolean; from_hour: number }
export interface ReportBook { form: string; name: string; size: number; map: string; changed: Time; by: string; proposed?: string; found?: number; fields?: number; missing?: string[] }
export interface ReportVersion { version: number; changed: Time; by: string; changes: { path: string; before: unknown; after: unknown }[] }

// ---- the tree, drills and provisions (docs/drill.md) ----

export type Stage = 'ministry' | 'secretariat' | 'operator';
export interface TreeNode { org: string; stage: Stage; parent: string }
export interface TreeTable {
  nodes: number; added: number; moved: number; removed: number; contacts: number; more: number; taken: boolean;
  changes: { org: string; what: 'added' | 'moved' | 'removed' | 'contact'; before: string; after: string }[];
  faults: { line: number; column: string; text: string }[];
}
export type FlowKind = 'drill' | 'provision';
interface Decided { time: Time; who: string }
export interface FlowHead {
  plan: string; number: string; state: Plan['state']; made: Time; kind: FlowKind; announced: boolean; mode: 'normal' | 'large-scale';
  branch: string | null; wait_s: number; approved: Decided | null; stopped: Decided | null; ends: Time | null; over: boolean;
}
export interface FlowStage { stage: Stage; nodes: number; sent: number; delivered: number; seen: number; acknowledged: number; failed: Record<string, number> }
export interface WrongContact { org: string; stage: Stage; cause: string; text: string }
export interface Flow extends FlowHead { stages: FlowStage[]; corrections: WrongContact[] }
