// SPDX-License-Identifier: Apache-2.0
// The parts every page is made of: buttons, fields, chips, panels.
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Problem } from '../api';
import { t, word, type Key } from '../i18n';
import { STANDINGS, standing, type Standing } from '../lib/counts';
import type { ConfirmationMark, Line, Observed, State } from '../types';
import { useId } from './hooks';
import { Icon, type IconName } from './icons';

type Kids = { children?: ComponentChildren };

export function Button(props: Kids & {
  onClick?: () => void; kind?: 'primary' | 'plain' | 'quiet' | 'danger'; icon?: IconName; type?: 'button' | 'submit';
  isBusy?: boolean; isOff?: boolean; label?: string; isPressed?: boolean; controls?: string; isOpen?: boolean;
}) {
  return (
    <button
      type={props.type ?? 'button'} class={`button ${props.kind ?? 'plain'}`} onClick={props.onClick}
      disabled={props.isOff} aria-busy={props.isBusy || undefined} aria-label={props.label}
      aria-pressed={props.isPressed} aria-controls={props.controls} aria-expanded={props.isOpen}
    >
      {props.icon && <Icon name={props.icon} />}
      {props.children && <span>{props.children}</span>}
    </button>
  );
}

export function LinkButton(props: Kids & { href: string; kind?: 'primary' | 'plain' | 'quiet'; icon?: IconName; isNew?: boolean; download?: boolean }) {
  return (
    <a class={`button ${props.kind ?? 'plain'}`} href={props.href} target={props.isNew ? '_blank' : undefined}
      rel={props.isNew ? 'noopener' : undefined} download={props.download}>
      {props.icon && <Icon name={props.icon} />}
      <span>{props.children}</span>
    </a>
  );
}

/** A link that leaves these pages. */
export function OutLink(props: Kids & { href: string | null | undefined }) {
  if (!props.href || !/^https?:\/\//.test(props.href)) return <>{props.children}</>;
  return (
    <a href={props.href} target="_blank" rel="noopener noreferrer" class="outlink">
      {props.children}
      <Icon name="outside" size={14} />
      <span class="sr">{t('common.opens_new')}</span>
    </a>
  );
}

interface FieldProps {
  label: string; hint?: string; error?: string | null; isNeeded?: boolean; isOptional?: boolean; class?: string;
}

/** A label, a hint, an error and the control between them; ids are tied for assistive technology. */
export function Field(props: FieldProps & { control: (a: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean; required?: boolean }) => ComponentChildren }) {
  const id = useId();
  const told = [props.hint ? `${id}h` : '', props.error ? `${id}e` : ''].filter(Boolean).join(' ');
  return (
    <div class={`field ${props.error ? 'has-error' : ''} ${props.class ?? ''}`}>
      <label for={id}>
        {props.label}
        {props.isNeeded && <span class="mark-needed">{t('common.needed')}</span>}
        {props.isOptional && <span class="mark-optional">{t('common.optional')}</span>}
      </label>
      {props.hint && <p class="hint" id={`${id}h`}>{props.hint}</p>}
      {props.control({ id, 'aria-describedby': told || undefined, 'aria-invalid': props.error ? true : undefined, required: props.isNeeded })}
      {props.error && <p class="field-error" id={`${id}e`}><Icon name="warn" size={16} /> {props.error}</p>}
    </div>
  );
}

export function TextField(props: FieldProps & {
  value: string; onInput: (value: string) => void; type?: 'text' | 'date' | 'number' | 'search' | 'password' | 'email' | 'tel' | 'datetime-local'; max?: string; min?: string;
  mode?: 'numeric' | 'text'; complete?: string; length?: number;
}) {
  return (
    <Field {...props} control={(a) => (
      <input {...a} type={props.type ?? 'text'} value={props.value} max={props.max} min={props.min} inputMode={props.mode}
        maxLength={props.length} autoComplete={props.complete ?? 'off'}
        onInput={(e) => props.onInput(e.currentTarget.value)} />
    )} />
  );
}

export function AreaField(props: FieldProps & { value: string; onInput: (value: string) => void; rows?: number }) {
  return (
    <Field {...props} control={(a) => (
      <textarea {...a} rows={props.rows ?? 3} maxLength={1300} value={props.value} onInput={(e) => props.onInput(e.currentTarget.value)} />
    )} />
  );
}

export function SelectField(props: FieldProps & { value: string; onInput: (value: string) => void; options: [string, string][] }) {
  return (
    <Field {...props} control={(a) => (
      <select {...a} value={props.value} onChange={(e) => props.onInput(e.currentTarget.value)}>
        {props.options.map(([value, name]) => <option key={value} value={value}>{name}</option>)}
      </select>
    )} />
  );
}

export function CheckField(props: { label: ComponentChildren; value: boolean; onInput: (value: boolean) => void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={props.value} onChange={(e) => props.onInput(e.currentTarget.checked)} />
      <span>{props.label}</span>
    </label>
  );
}

/** A group of choices of which one is taken, shown as large targets. */
export function Choices(props: {
  legend: string; name: string; value: string; options: { id: string; name: string; note?: string; icon?: IconName; tone?: string }[];
  onInput: (id: string) => void; error?: string | null; isOff?: boolean; isInline?: boolean;
}) {
  const id = useId('c');
  return (
    <fieldset class={`choices ${props.isInline ? 'inline' : ''} ${props.error ? 'has-error' : ''}`} aria-describedby={props.error ? `${id}e` : undefined} disabled={props.isOff}>
      <legend>{props.legend}</legend>
      <div class="choice-list">
        {props.options.map((o) => (
          <label key={o.id} class={`choice ${o.tone ?? ''} ${props.value === o.id ? 'is-on' : ''}`}>
            <input type="radio" name={props.name} value={o.id} checked={props.value === o.id} onChange={() => props.onInput(o.id)} />
            {o.icon && <Icon name={o.icon} />}
            <span class="choice-text"><span class="choice-name">{o.name}</span>{o.note && <span class="choice-note">{o.note}</span>}</span>
          </label>
        ))}
      </div>
      {props.error && <p class="field-error" id={`${id}e`}><Icon name="warn" size={16} /> {props.error}</p>}
    </fieldset>
  );
}

export function FileField(props: FieldProps & { accept?: string; file: File | null; onInput: (file: File | null) => void }) {
  return (
    <Field {...props} control={(a) => (
      <input {...a} class="file" type="file" accept={props.accept} onChange={(e) => props.onInput(e.currentTarget.files?.[0] ?? null)} />
    )} />
  );
}

// ---- chips: an icon and a word; colour only helps ----

const STATE_ICON: Record<State, IconName> = { met: 'check', partly: 'half', not_met: 'cross', na: 'dash', open: 'ring' };
const OBSERVED_ICON: Record<Observed, IconName> = { none: 'dash', supports: 'eye', contradicts: 'swap', stale: 'clock' };
const STANDING_ICON: Record<Standing, IconName> = { evidenced: 'seal', declared: 'speech', partly: 'half', not_met: 'cross', na: 'dash', open: 'ring' };
const MARK_ICON: Record<ConfirmationMark, IconName> = { confirmed: 'seal', returned: 'return', void: 'clock' };

export function Chip(props: Kids & { tone: string; icon: IconName }) {
  return <span class={`chip tone-${props.tone}`}><Icon name={props.icon} size={15} /><span>{props.children}</span></span>;
}

export function stateIcon(state: string): IconName | null {
  return STATE_ICON[state as State] ?? null;
}

export function StateChip({ line }: { line: Pick<Line, 'state' | 'observed' | 'stale'> & { evidence: number } }) {
  const kind = standing(line);
  return <Chip tone={kind} icon={STANDING_ICON[kind]}>{word('standing', kind)}</Chip>;
}

export function standingIcon(kind: Standing): IconName {
  return STANDING_ICON[kind];
}

export function ObservedChip({ observed }: { observed: Observed }) {
  return <Chip tone={`observed-${observed}`} icon={OBSERVED_ICON[observed]}>{word('observed', observed)}</Chip>;
}

export function MarkChip({ mark }: { mark: ConfirmationMark | null }) {
  if (!mark) return <Chip tone="na" icon="dash">{t('confirmation.none')}</Chip>;
  return <Chip tone={`mark-${mark}`} icon={MARK_ICON[mark]}>{word('confirmation', mark)}</Chip>;
}

export { STANDINGS };

// ---- panels ----

export function Loading({ what }: { what?: string }) {
  return (
    <div class="loading" role="status">
      <span class="loading-bar" aria-hidden="true" />
      <p>{what ?? t('common.loading')}</p>
    </div>
  );
}

export function Empty(props: Kids & { title: string; icon?: IconName }) {
  return (
    <div class="empty">
      <Icon name={props.icon ?? 'list'} size={36} />
      <p class="empty-title">{props.title}</p>
      {props.children}
    </div>
  );
}

const KNOWN: Record<string, [Key, Key, Key]> = {
  unreachable: ['error.unreachable', 'error.unreachable_why', 'error.unreachable_do'],
  'no-session': ['error.no_session', 'error.no_session_why', 'error.no_session_do'],
  'no-space': ['error.no_space', 'error.no_space_why', 'error.no_space_do'],
  'too-large': ['error.too_large', 'error.too_large_why', 'error.too_large_do'],
};

/** The hub's pages say some of it in other words. */
export function knowErrors(more: Record<string, [Key, Key, Key]>): void {
  Object.assign(KNOWN, more);
}

/** What happened, why, what to do, and a way to try again. Takes the focus when it appears. */
export function ErrorPanel(props: Kids & { error: Problem; retry?: () => void; title?: string }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => ref.current?.focus(), [props.error]);
  const known = KNOWN[props.error.code];
  const what = props.title ?? (known ? t(known[0]) : props.error.title || t('error.unknown'));
  const why = known ? t(known[1]) : props.title && props.error.title !== props.title ? props.error.title : '';
  const todo = known ? t(known[2]) : props.error.detail || t('error.unknown_do');
  return (
    <div class="panel error" role="alert" tabIndex={-1} ref={ref}>
      <p class="panel-title"><Icon name="warn" /> {what}</p>
      {why && <p>{why}</p>}
      <p class="pre">{todo}</p>
      {props.children}
      <div class="row">
        {props.retry && <Button onClick={props.retry}>{t('common.retry')}</Button>}
        <span class="soft small">{t('error.code', { code: props.error.code })}</span>
      </div>
    </div>
  );
}

export function Panel(props: Kids & { tone?: 'info' | 'practice' | 'good' | 'warn'; icon?: IconName; title?: string; role?: JSX.AriaRole }) {
  return (
    <div class={`panel ${props.tone ?? 'info'}`} role={props.role}>
      {props.title && <p class="panel-title">{props.icon && <Icon name={props.icon} />} {props.title}</p>}
      {props.children}
    </div>
  );
}

/** A region of a page with its own heading. */
export function Section(props: Kids & { title: string; icon?: IconName; aside?: ComponentChildren; class?: string; level?: 2 | 3; id?: string }) {
  const own = useId('s');
  const id = props.id ?? own;
  const H = props.level === 3 ? 'h3' : 'h2';
  return (
    <section class={`section ${props.class ?? ''}`} aria-labelledby={id}>
      <div class="section-head">
        <H id={id}>{props.icon && <Icon name={props.icon} />}<span>{props.title}</span></H>
        {props.aside}
      </div>
      {props.children}
    </section>
  );
}

/** Text of a framework: paragraphs and simple "- " lists, nothing else is interpreted. */
export function Prose({ text }: { text: string }) {
  const blocks: ComponentChildren[] = [];
  let items: string[] = [];
  const flush = () => {
    if (items.length > 0) blocks.push(<ul>{items.map((item) => <li>{item}</li>)}</ul>);
    items = [];
  };
  for (const raw of text.split('\n')) {
    const item = /^\s*(?:[-*・•])\s*(.+)$/.exec(raw);
    if (item) {
      items.push(item[1] as string);
    } else {
      flush();
      if (raw.trim()) blocks.push(<p>{raw.trim()}</p>);
    }
  }
  flush();
  return <div class="prose">{blocks}</div>;
}

/** A table that becomes cards on a phone: each cell repeats its heading there. */
export function Table<T>(props: {
  caption: string; rows: T[]; rowKey: (row: T) => string;
  columns: { head: string; cell: (row: T) => ComponentChildren; isMain?: boolean; isNumber?: boolean }[];
}) {
  return (
    <table class="table">
      <caption class="sr">{props.caption}</caption>
      <thead><tr>{props.columns.map((c) => <th scope="col" class={c.isNumber ? 'number' : ''}>{c.head}</th>)}</tr></thead>
      <tbody>
        {props.rows.map((row) => (
          <tr key={props.rowKey(row)}>
            {props.columns.map((c) => {
              const inner = <><span class="cell-head" aria-hidden="true">{c.head}</span><div class="cell">{c.cell(row)}</div></>;
              return c.isMain
                ? <th scope="row" class="main">{inner}</th>
                : <td class={c.isNumber ? 'number' : ''}>{inner}</td>;
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Small scale of three, as dots and a word. */
export function Scale({ label, value }: { label: string; value: number }) {
  const n = Math.max(1, Math.min(3, Math.round(value)));
  return (
    <span class="scale">
      <span class="scale-label">{label}</span>
      <svg width="42" height="12" viewBox="0 0 42 12" aria-hidden="true">
        {[0, 1, 2].map((i) => <circle cx={6 + i * 15} cy="6" r="4.500" class={i < n ? 'dot-on' : 'dot-off'} />)}
      </svg>
      <span>{word('scale', String(n))}</span>
    </span>
  );
}
