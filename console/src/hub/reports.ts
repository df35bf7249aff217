// SPDX-License-Identifier: Apache-2.0
// Reports about incidents: how a field's value is typed and shown, what a record lacks, what a
// near-miss is made of. No browser, no clock.
import type { FormDue, FormState, RecordField, ReportContact, ReportForms, ReportLine } from './types';

export type Value = string | number | string[] | { type: string; value: string; comment?: string }[];
export type Values = Record<string, Record<string, Value>>;

const LISTS = ['lines', 'choices', 'indicators'];

/** A value as a person types it: lists by lines, an indicator as "TYPE VALUE COMMENT". */
export function toText(value: Value | undefined): string {
  if (value === undefined) return '';
  if (!Array.isArray(value)) return String(value);
  return value.map((v) => (typeof v === 'string' ? v : [v.type, v.value, v.comment ?? ''].join(' ').trim())).join('\n');
}

/** What was typed as a value; undefined: the field is left out. */
export function fromText(field: Pick<RecordField, 'type'>, text: string): Value | undefined {
  const trimmed = text.trim();
  if (!trimmed) return undefined;
  if (field.type === 'count') return /^\d+$/.test(trimmed) ? Number(trimmed) : trimmed;
  if (!LISTS.includes(field.type)) return trimmed;
  const lines = trimmed.split('\n').map((l) => l.trim()).filter(Boolean);
  if (field.type !== 'indicators') return lines;
  return lines.map((line) => {
    const [type = '', value = '', ...rest] = line.split(/\s+/);
    const comment = rest.join(' ');
    return comment ? { type, value, comment } : { type, value };
  });
}

export function valueOf(record: Values, path: string): Value | undefined {
  const [section = '', name = ''] = path.split('.');
  return record[section]?.[name];
}

/** The record with these texts in it; fields without text go. What is not named stays. */
export function withTexts(record: Values, fields: RecordField[], texts: Record<string, string>): Values {
  const made: Values = structuredClone(record);
  for (const field of fields) {
    const text = texts[field.path];
    if (text === undefined) continue;
    const [section = '', name = ''] = field.path.split('.');
    const value = fromText(field, text);
    const body = { ...made[section] };
    if (value === undefined) delete body[name];
    else body[name] = value;
    if (Object.keys(body).length > 0) made[section] = body;
    else delete made[section];
  }
  return made;
}

export function fieldsOf(forms: ReportForms): RecordField[] {
  return forms.sections.flatMap((s) => s.fields);
}

/** What a form lacks, each field once, in the form's order. */
export function lacking(form: FormState, fields: RecordField[]): RecordField[] {
  const paths = new Set((form.items ?? []).filter((i) => i.missing && i.path).map((i) => i.path));
  return fields.filter((f) => paths.has(f.path));
}

/** Forms that the record calls for, what is over first, then by how much is missing. */
export function wanted(forms: FormState[]): FormState[] {
  const left = (f: FormState) => Math.min(...f.deadlines.filter((d) => d.state !== 'sent' && d.days_left !== null).map((d) => d.days_left as number), 9999);
  return forms.filter((f) => f.applies).sort((a, b) => left(a) - left(b) || b.missing - a.missing);
}

const SOON_DAYS = 3;

/** What is to be sent soon or is late: report, form and deadline, the latest first. */
export function dueSoon(reports: ReportLine[]): { report: ReportLine; form: FormState; due: FormDue }[] {
  const all = reports.flatMap((report) => wanted(report.forms).flatMap((form) => form.deadlines
    .filter((due) => due.state !== 'sent' && due.days_left !== null && due.days_left <= SOON_DAYS).map((due) => ({ report, form, due }))));
  return all.sort((a, b) => (a.due.days_left ?? 0) - (b.due.days_left ?? 0) || a.report.id.localeCompare(b.report.id));
}

/** Fields of a near-miss in the order they are asked for; the rest is known or can wait. */
export const NEAR_MISS = ['damage.summary', 'event.detected', 'event.causes', 'response.measures', 'damage.service_state', 'reporter.organisation', 'reporter.sector', 'reporter.person', 'reporter.phone'];

/** "2026-11-26T09:05" of a day and a time of day as the browser's fields give them. */
export function minuteOf(now: Date): string {
  const japan = new Date(now.getTime() + 9 * 3600000).toISOString();
  return japan.slice(0, 16);
}

/** Services that lines of contacts name, each once, in their order. */
export function servicesOf(lines: ReportContact[]): string[] {
  return [...new Set(lines.map((l) => l.service.trim()).filter((s) => s && s !== '*'))];
}

/** Whom to tell for these services; "*" is told whatever it is. As the hub does it. */
export function tellFor(lines: ReportContact[], services: string[]): ReportContact[] {
  const wanted = new Set(services.map((s) => s.trim().toLowerCase()));
  return lines.filter((l) => l.service.trim() === '*' || wanted.has(l.service.trim().toLowerCase()));
}

export function hoursText(hours: number[]): string {
  return hours.join(', ');
}

/** "72, 24" as numbers; what is none stays, and the hub says what is wrong with it. */
export function hoursOf(text: string): (number | string)[] {
  return text.split(/[,、，\s]+/).filter(Boolean).map((h) => (/^\d+$/.test(h) ? Number(h) : h));
}
