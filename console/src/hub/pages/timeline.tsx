// SPDX-License-Identifier: Apache-2.0
// The course of a situation as a drawing; the table below it says the same in words.
import { lang, t, word } from '../../i18n';
import { formatTime } from '../../lib/format';
import { useWidth } from '../../ui/hooks';
import { orgName, useHub } from '../context';
import { lanes } from '../logic';
import { titleOf } from '../parts';
import type { Alert } from '../types';

const LANE = 34;
const HEAD = 26;
const SIDE = 12;

export function Timeline({ alerts }: { alerts: Alert[] }) {
  const hub = useHub();
  const [ref, width] = useWidth(900);
  if (alerts.length === 0) return null;
  const label = Math.min(150, Math.floor(width / 4));
  const drawn = lanes(alerts, label + SIDE + 10, width - SIDE - 10);
  const height = HEAD + drawn.lanes.length * LANE + 4;
  const ticks = drawn.last > drawn.first ? (width > 700 ? [0, 1 / 3, 2 / 3, 1] : [0, 1]) : [0.5];
  const at = (share: number) => label + SIDE + 10 + share * (width - label - 2 * SIDE - 20);
  const isOne = new Set(alerts.map((a) => a.org)).size <= 1;
  const name = (id: string) => {
    const text = isOne ? id.replace(/^.*[/\\]/, '') : orgName(hub, id);
    const most = Math.floor(label / 8);
    return text.length > most ? `${text.slice(0, most - 1)}…` : text;
  };
  return (
    <div class="timeline course" ref={ref}>
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={t('hub.timeline_label', { n: alerts.length, lanes: drawn.lanes.length + drawn.more })}>
        {ticks.map((share) => (
          <>
            <line x1={at(share)} x2={at(share)} y1={HEAD - 6} y2={height} class="time-tick" />
            <text x={at(share)} y={14} text-anchor={share === 0 && ticks.length > 1 ? 'start' : share === 1 ? 'end' : 'middle'}>
              {formatTime(new Date(drawn.first + share * (drawn.last - drawn.first)).toISOString(), lang())}
            </text>
          </>
        ))}
        {drawn.lanes.map((lane, i) => {
          const y = HEAD + i * LANE + LANE / 2;
          return (
            <g>
              <text x={0} y={y + 4}>{name(lane.name)}</text>
              <line x1={label + SIDE} x2={width - SIDE} y1={y} y2={y} class="time-axis" />
              {lane.marks.map((m) => (
                <circle cx={m.x} cy={y} r={m.r} class={`mark mark-${m.alert.removed_by ? 'removed' : m.alert.outcome === 'possible' ? 'possible' : m.alert.level}`}>
                  <title>{titleOf(m.alert)}</title>
                </circle>
              ))}
            </g>
          );
        })}
      </svg>
      <p class="legend hub-legend">
        <span class="legend-item"><Dot kind="possible" />{word('hub.outcome', 'possible')}</span>
        <span class="legend-item"><Dot kind="high" />{word('hub.outcome', 'attempt')}</span>
        <span class="legend-item"><Dot kind="removed" />{t('hub.removed')}</span>
        {drawn.more > 0 && <span class="soft">{t('hub.lanes_more', { n: drawn.more })}</span>}
      </p>
    </div>
  );
}

function Dot({ kind }: { kind: string }) {
  return <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true"><circle cx="7" cy="7" r="5" class={`mark mark-${kind}`} /></svg>;
}
