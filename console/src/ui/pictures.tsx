// SPDX-License-Identifier: Apache-2.0
// What people would rather look at than read. Each picture says the same in words.
import { lang, t, word } from '../i18n';
import { STANDINGS, barWidths, standingCounts } from '../lib/counts';
import { drawScope, type Card, type CardKind } from '../lib/drawing';
import { addMonths, daysBetween, formatDay, today } from '../lib/format';
import type { Counts, Scope } from '../types';
import { standingIcon } from './basic';
import { useId, useWidth } from './hooks';
import { Icon, iconPath, type IconName } from './icons';

/** How many criteria lie where. No sum is formed over unlike things. */
export function CountBar({ counts, link }: { counts: Counts; link?: (state: string) => string }) {
  const by = standingCounts(counts);
  const values = STANDINGS.map((s) => by[s]);
  const widths = barWidths(values, 1000, 14);
  let x = 0;
  return (
    <div class="countbar">
      <svg viewBox="0 0 1000 28" preserveAspectRatio="none" height="28" aria-hidden="true">
        {STANDINGS.map((s, i) => {
          const w = widths[i] as number;
          const rect = w > 0 && <rect class={`fill-${s}`} x={x} y="0" width={Math.max(0, w - 3)} height="28" rx="3" />;
          x += w;
          return rect;
        })}
      </svg>
      <ul class="legend">
        {STANDINGS.map((s) => {
          const inner = (
            <>
              <span class={`swatch fill-${s}`} aria-hidden="true"><Icon name={standingIcon(s)} size={14} /></span>
              <span class="legend-name">{word('standing', s)}</span>
              <span class="legend-n">{t('count.n', { n: by[s] })}</span>
            </>
          );
          const state = s === 'evidenced' || s === 'declared' ? 'met' : s;
          return <li key={s}>{link && by[s] > 0 ? <a href={link(state)}>{inner}</a> : <span class="legend-item">{inner}</span>}</li>;
        })}
      </ul>
    </div>
  );
}

const CARD_ICON: Record<CardKind, IconName> = { companies: 'building', sites: 'place', networks: 'network', clouds: 'cloud', out: 'out' };

function CardShape({ card }: { card: Card }) {
  return (
    <g transform={`translate(${card.x} ${card.y})`}>
      <rect class={`draw-card draw-${card.kind}`} width={card.w} height={card.h} rx="8" />
      <g transform="translate(12 13) scale(.75)"><path class={`draw-icon draw-icon-${card.kind}`} d={iconPath(CARD_ICON[card.kind])} /></g>
      {card.title.map((line, i) => <text class="draw-title" x="38" y={12 + 15 + i * 20}>{line}</text>)}
      {card.note.map((line, i) => <text class="draw-note" x="12" y={12 + card.title.length * 20 + 16 + i * 17}>{line}</text>)}
    </g>
  );
}

/** Inside: companies, sites, networks, clouds. Outside: what is out. Lines: where the two touch. */
export function ScopeDrawing({ scope }: { scope: Scope }) {
  const [ref, width] = useWidth(720);
  const id = useId('draw');
  const d = drawScope(scope, width, { people: (n) => t('scope.people_n', { n }) });
  const told = [
    t('scope.draw_inside', { what: [scope.companies, scope.sites, scope.networks, scope.clouds].flat().map((i) => i.name).join(t('common.comma')) || '–' }),
    ...scope.out.map((o) => (o.touches ? t('scope.draw_touch', { what: o.name, where: o.touches }) : t('scope.draw_out', { what: o.name }))),
  ].join(' ');
  return (
    <div class="drawing" ref={ref}>
      <svg width={d.width} height={d.height} viewBox={`0 0 ${d.width} ${d.height}`} role="img" aria-labelledby={`${id}t ${id}d`}>
        <title id={`${id}t`}>{t('scope.drawing')}</title>
        <desc id={`${id}d`}>{told}</desc>
        <rect class="draw-inside" x={d.inside.x} y={d.inside.y} width={d.inside.w} height={d.inside.h} rx="14" />
        <text class="draw-head" x={d.inside.x + 16} y={d.inside.y + 27}>{t('scope.inside')}</text>
        {d.rows.map((row) => <text class="draw-row" x={d.inside.x + 14} y={row.y + 17}>{word('scope', row.kind)}</text>)}
        {d.outside && (
          <>
            <rect class="draw-outside" x={d.outside.x} y={d.outside.y} width={d.outside.w} height={d.outside.h} rx="14" />
            <text class="draw-head draw-head-out" x={d.outside.x + 16} y={d.outside.y + 27}>{t('scope.outside')}</text>
          </>
        )}
        {d.touches.map((touch) => (
          <g>
            <line class="draw-touch" x1={touch.x1} y1={touch.y1} x2={touch.x2} y2={touch.y2} />
            <circle class="draw-end" cx={touch.x1} cy={touch.y1} r="5" />
            <circle class="draw-end" cx={touch.x2} cy={touch.y2} r="5" />
            {touch.label.map((line, i) => <text class="draw-label" text-anchor={touch.anchor} x={touch.lx} y={touch.ly + i * 16}>{line}</text>)}
          </g>
        ))}
        {d.cards.map((card) => <CardShape card={card} />)}
      </svg>
    </div>
  );
}

export interface Due { day: string; title: string; href?: string }

/** What falls due in the next twelve months, on a line and as a list. */
export function Timeline({ dues, most = 6 }: { dues: Due[]; most?: number }) {
  const [ref, width] = useWidth(640);
  const now = today();
  const end = addMonths(now, 12);
  const span = Math.max(1, daysBetween(now, end));
  const left = 12;
  const room = Math.max(100, width - 2 * left);
  const at = (day: string) => left + Math.max(0, Math.min(1, daysBetween(now, day) / span)) * room;
  const sorted = [...dues].sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
  const inYear = sorted.filter((d) => d.day <= end);
  const stacks = new Map<number, number>();
  const step = width < 480 ? 3 : width < 760 ? 2 : 1;
  const months = Array.from({ length: 13 }, (_, i) => addMonths(`${now.slice(0, 8)}01`, i)).filter((m, i) => i % step === 0 && m >= now && m <= end);
  const shown = sorted.slice(0, most);
  return (
    <div class="timeline" ref={ref}>
      <svg width={width} height="92" viewBox={`0 0 ${width} 92`} aria-hidden="true">
        <line class="time-axis" x1={left} y1="62" x2={left + room} y2="62" />
        {months.map((m) => (
          <g><line class="time-tick" x1={at(m)} y1="58" x2={at(m)} y2="66" />
            <text class="time-label" text-anchor="middle" x={at(m)} y="82">{t('time.month', { n: Number(m.slice(5, 7)), name: new Intl.DateTimeFormat('en', { month: 'short', timeZone: 'UTC' }).format(Date.parse(m)) })}</text></g>
        ))}
        <path class="time-now" d={`M${left - 6} 50h12l-6 9z`} />
        {inYear.map((due) => {
          const slot = Math.round(at(due.day) / 13);
          const n = stacks.get(slot) ?? 0;
          stacks.set(slot, n + 1);
          return n < 4 ? <circle class={due.day < now ? 'time-late' : 'time-due'} cx={Math.min(left + room, Math.max(left + 2, slot * 13))} cy={48 - n * 12} r="5" /> : null;
        })}
      </svg>
      <ol class="dues">
        {shown.map((due) => (
          <li class={due.day < now ? 'late' : ''}>
            <span class="due-day">{due.day < now && <Icon name="warn" size={14} />}{formatDay(due.day, lang())}{due.day < now && <span> {t('time.late')}</span>}</span>
            {due.href ? <a href={due.href}>{due.title}</a> : <span>{due.title}</span>}
          </li>
        ))}
        {sorted.length > shown.length && <li class="soft">{t('time.more', { n: sorted.length - shown.length })}</li>}
      </ol>
    </div>
  );
}
